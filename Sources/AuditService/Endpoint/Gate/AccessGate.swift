import Access
import AuditModel
import AuditRPC
import Codec

/// The one place that decides who may call what: before the first message of a call is looked at, by `AccessTable`.
struct AccessGate: Sendable {
    let authenticator: Authenticator
    let quotas: QuotaDirectory
    let calls: OpenCalls
    /// Looks at the signatures of JWTs: one takes as long as a hundred calls.
    let verifiers: WorkPool
    /// Told of calls that were refused: the peer, the path, and why.
    let refused: @Sendable (_ peer: String, _ path: String, AccessError) -> Void

    /// Who decides about the calls of one method.
    func gate(to path: String) -> Admission.Gate {
        switch AccessTable.rule(for: path) {
        case .everyone: { _ in .admitted(nil) }
        case .roles(let roles): { call in admit(call, path, roles) }
        }
    }

    private func admit(_ call: ServerCall, _ path: String, _ roles: Roles) -> Admission {
        let now = Timestamp.now
        let generation = authenticator.generation
        let memo = (call.connectionMemo as? Memo).flatMap {
            $0.generation == generation ? $0 : nil
        }
        // Calls with the same fields share their memory, so that this compares two addresses.
        if let memo, memo.metadata == call.metadata {
            return admission(of: memo.origin, call, path, roles, now: now)
        }
        let head = CallHead(call.metadata)
        if let memo, memo.head == head {
            return admission(of: memo.origin, call, path, roles, now: now)
        }
        let credentials = Credentials(
            authorization: head.authorization, certificate: call.peerCertificate,
            isLocal: call.peerIsLocal)
        switch authenticator.find(credentials, now: now) {
        case .caller(let caller):
            let origin = remember(caller, head, generation, for: call)
            return admission(of: origin, call, path, roles, now: now)
        case .refused(let error): return refuse(call, path, error)
        case .undecided(let candidate):
            return verify(candidate, call.reference, path) { caller, call in
                let origin = remember(caller, head, generation, for: call)
                return admission(of: origin, call, path, roles, now: .now)
            } ?? refuse(call, path, .busy)
        }
    }

    /// Nil when too many wait already.
    ///
    /// - Parameter decide: on the event loop of the call, for a caller who is found.
    private func verify(
        _ candidate: JWTCandidate, _ reference: CallReference, _ path: String,
        _ decide: @escaping @Sendable (Caller, ServerCall) -> Admission
    ) -> Admission? {
        let isTaken = verifiers.submit {
            let found = authenticator.caller(verifying: candidate, now: .now)
            reference.execute { call in
                switch found {
                case .success(let caller): call.decide(decide(caller, call))
                case .failure(let error): call.decide(refuse(call, path, error))
                }
            }
        } dropped: {
            reference.execute {
                $0.decide(.refused(RPCStatus(.unavailable, "the server is shutting down")))
            }
        }
        return isTaken ? .undecided : nil
    }

    private func remember(
        _ caller: Caller, _ head: CallHead, _ generation: Int, for call: ServerCall
    ) -> CallOrigin {
        let origin = CallOrigin(
            caller, meters: quotas.meters(of: caller, at: .sinceStart), peerAddress: call.peerHost,
            userAgent: head.userAgent)
        call.connectionMemo = Memo(call.metadata, head, origin, generation)
        return origin
    }

    private func admission(
        of origin: CallOrigin, _ call: ServerCall, _ path: String, _ roles: Roles, now: Timestamp
    ) -> Admission {
        if let refusal = origin.caller.refusal(now: now) { return refuse(call, path, refusal) }
        guard !origin.caller.roles.isDisjoint(with: roles) else { return refuse(call, path, .role) }
        calls.admitted(origin.caller)
        return .admitted(origin)
    }

    private func refuse(_ call: ServerCall, _ path: String, _ error: AccessError) -> Admission {
        refused(call.peer, path, error)
        return .refused(RPCStatus(ServiceError(error)))
    }
}

/// What a connection keeps from one call to the next: most bring what the one before brought.
private final class Memo: Sendable {
    let metadata: RPCMetadata
    let head: CallHead
    let origin: CallOrigin
    /// Of the rules that it was found by.
    let generation: Int

    init(_ metadata: RPCMetadata, _ head: CallHead, _ origin: CallOrigin, _ generation: Int) {
        self.metadata = metadata
        self.head = head
        self.origin = origin
        self.generation = generation
    }
}

/// The fields of a call's head that say who makes it.
private struct CallHead: Equatable {
    let authorization: Credentials.Authorization
    let userAgent: String

    /// Bytes of a user agent that are kept: it goes into every event.
    private static let userAgentBytesMax = 256

    init(_ metadata: RPCMetadata) {
        let authorizations = metadata.values(named: "authorization")
        authorization =
            authorizations.count > 1 ? .unusable : authorizations.first.map { .init($0) } ?? .none
        // Header values are printable ASCII, and tabs.
        userAgent = String((metadata["user-agent"] ?? "").prefix(Self.userAgentBytesMax))
    }
}
