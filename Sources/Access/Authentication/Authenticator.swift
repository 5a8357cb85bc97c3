package import AuditModel

/// Finds out who makes a call: by an API token or a viewer token, and without either by being on this machine.
package final class Authenticator: Sendable {
    private let tokens: TokenDirectory
    /// Who needs no credential; nil when everybody does.
    private let local: Caller?

    package init(tokens: TokenDirectory, local: LocalAccess) {
        self.tokens = tokens
        self.local = local.caller
    }

    package func caller(
        _ credentials: Credentials, now: Timestamp
    ) -> Result<Caller, AccessError> {
        switch credentials.authorization {
        case .bearer(let text):
            if let token = TokenText(text) { return tokens.caller(of: token, now: now) }
            if text.hasPrefix(ViewerToken.prefix) { return tokens.viewer(text, now: now) }
            return .failure(.unknown)
        case .unusable:
            return .failure(.unknown)
        case .none:
            if credentials.isLocal, let local { return .success(local) }
            return .failure(.missing)
        }
    }
}
