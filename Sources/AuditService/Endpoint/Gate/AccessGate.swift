import Access
import AuditModel
import AuditRPC
import Codec

/// The one place that decides who may call what: before the first message of a call is looked at, by `AccessTable`.
struct AccessGate: Sendable {
    let authenticator: Authenticator
    let quotas: QuotaDirectory
    let calls: OpenCalls
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
        switch origin(of: call, now: .now) {
        case .success(let origin) where origin.caller.roles.isDisjoint(with: roles):
            return refuse(call, path, .role)
        case .success(let origin):
            calls.admitted(origin.caller)
            return .admitted(origin)
        case .failure(let error): return refuse(call, path, error)
        }
    }

    private func origin(
        of call: ServerCall, now: Timestamp
    ) -> Result<CallOrigin, AccessError> {
        let memo = call.connectionMemo as? Memo
        // Calls with the same fields share their memory, so that this compares two addresses.
        if let memo, memo.metadata == call.metadata { return memo.origin.checked(now: now) }
        let head = CallHead(call.metadata)
        if let memo, memo.head == head { return memo.origin.checked(now: now) }
        let credentials = Credentials(
            authorization: head.authorization, certificate: call.peerCertificate,
            isLocal: call.peerIsLocal)
        return authenticator.caller(credentials, now: now).map { caller in
            let origin = CallOrigin(
                caller, meters: quotas.meters(of: caller, at: .sinceStart),
                peerAddress: call.peerHost, userAgent: head.userAgent)
            call.connectionMemo = Memo(call.metadata, head, origin)
            return origin
        }
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

    init(_ metadata: RPCMetadata, _ head: CallHead, _ origin: CallOrigin) {
        self.metadata = metadata
        self.head = head
        self.origin = origin
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

extension CallOrigin {
    fileprivate func checked(now: Timestamp) -> Result<CallOrigin, AccessError> {
        caller.refusal(now: now).map { .failure($0) } ?? .success(self)
    }
}
