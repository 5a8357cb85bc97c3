package import AuditModel
import Synchronization

/// Finds out who makes a call, by the first of these that it brings: an API token, a viewer token or a JWT; a client
/// certificate, where there are rules for them; being on this machine. One that is bad never makes room for the next.
package final class Authenticator: Sendable {
    package enum Finding: Sendable {
        case caller(Caller)
        case refused(AccessError)
        /// `caller(verifying:)` has the answer, on a thread that nobody waits for.
        case undecided(JWTCandidate)
    }

    private let tokens: TokenDirectory
    private let certificates = CertificateDirectory()
    private let jwts = JWTDirectory()
    /// Who needs no credential; nil when everybody does.
    private let local: Caller?
    private let changes = Atomic<Int>(0)

    package init(tokens: TokenDirectory, local: LocalAccess) {
        self.tokens = tokens
        self.local = local.caller
    }

    /// Counts the rules that were in force: what was found by the ones before may be another caller's now.
    package var generation: Int { changes.load(ordering: .acquiring) }

    /// Puts other rules in force. Who is not known by them any more ends: see `Caller.refusal`.
    package func replace(_ rules: AccessRules, _ keys: KeySet) {
        certificates.replace(rules.certificates)
        jwts.replace(rules.jwt, keys)
        changes.add(1, ordering: .releasing)
    }

    package func find(_ credentials: Credentials, now: Timestamp) -> Finding {
        switch credentials.authorization {
        case .bearer(let text):
            if let token = TokenText(text) { return Finding(tokens.caller(of: token, now: now)) }
            if text.hasPrefix(ViewerToken.prefix) {
                return Finding(tokens.viewer(text, now: now))
            }
            return Finding(jwts.look(at: text, now: now))
        case .unusable: return .refused(.unknown)
        case .none: break
        }
        if let certificate = credentials.certificate,
            let found = certificates.caller(of: certificate, now: now)
        {
            return Finding(found)
        }
        if credentials.isLocal, let local { return .caller(local) }
        return .refused(.missing)
    }

    /// Decides what `find` left undecided.
    package func caller(
        verifying candidate: JWTCandidate, now: Timestamp
    ) -> Result<Caller, AccessError> {
        jwts.caller(verifying: candidate, now: now)
    }
}

extension Authenticator.Finding {
    fileprivate init(_ result: Result<Caller, AccessError>) {
        switch result {
        case .success(let caller): self = .caller(caller)
        case .failure(let error): self = .refused(error)
        }
    }

    fileprivate init(_ finding: JWTDirectory.Finding) {
        switch finding {
        case .caller(let caller): self = .caller(caller)
        case .refused(let error): self = .refused(error)
        case .candidate(let candidate): self = .undecided(candidate)
        }
    }
}
