package import AuditModel
import Codec
import Synchronization

/// The API tokens that are in force, found by their texts.
package final class TokenDirectory: Sendable {
    fileprivate struct State {
        var book: TokenBook
        /// Of each secret that is in force.
        var callers: [SecretHash: Caller] = [:]
    }

    private let state: Mutex<State>

    package init(_ book: TokenBook) {
        var state = State(book: book)
        state.putInForce(book)
        self.state = Mutex(state)
    }

    package var book: TokenBook { state.withLock { $0.book } }

    /// Puts a changed book in force. What is not in it any more ends: see `Caller.refusal`.
    package func replace(_ book: TokenBook) {
        state.withLock { $0.putInForce(book) }
    }

    /// Whose secret that is.
    package func caller(of text: TokenText, now: Timestamp) -> Result<Caller, AccessError> {
        let hash = SecretHash(of: text)
        return state.withLock { state in
            guard let entry = state.book.entries[text.id] else { return .failure(.unknown) }
            let isCurrent = entry.hash.matches(hash)
            let isPrevious = entry.previousHash?.matches(hash) ?? false
            guard isCurrent || isPrevious else { return .failure(.unknown) }
            guard let caller = state.callers[hash] else { return .failure(.revoked) }
            return caller.refusal(now: now).map { .failure($0) } ?? .success(caller)
        }
    }

    /// Who sees what a viewer token lets see. Not remembered: each has an object of its own.
    package func viewer(_ text: String, now: Timestamp) -> Result<Caller, AccessError> {
        guard let token = ViewerToken(text, signedWith: book.viewerKey) else {
            return .failure(.unknown)
        }
        var maker: Caller?
        if token.maker.credential == .apiToken {
            maker = current(token.maker.id)
            guard maker != nil else { return .failure(.revoked) }
        }
        var identity = token.maker
        identity.name = "viewer"
        let caller = Caller(
            identity, .viewer, Reach(organization: token.organizationID), bounds: token.filter,
            expiresAt: token.expiresAt, maker: maker)
        return caller.refusal(now: now).map { .failure($0) } ?? .success(caller)
    }

    /// The holder of a token's newest secret; nil when it is not in force.
    private func current(_ id: String) -> Caller? {
        state.withLock { state in
            state.book.entries[id].flatMap { state.callers[$0.hash] }
        }
    }
}

extension TokenDirectory.State {
    /// Whoever keeps his secret stays the same caller, so that his calls go on.
    fileprivate mutating func putInForce(_ book: TokenBook) {
        var callers: [SecretHash: Caller] = [:]
        for entry in book.entries.values where entry.token.revokedAt == nil {
            callers[entry.hash] = self.callers[entry.hash] ?? Caller(entry.token)
            guard let previous = entry.previousHash, let end = entry.token.previousSecretUntil
            else { continue }
            let caller = self.callers[previous] ?? Caller(entry.token)
            caller.expire(at: end)
            callers[previous] = caller
        }
        for (hash, caller) in self.callers where callers[hash] == nil { caller.revoke() }
        self.callers = callers
        self.book = book
    }
}

extension Caller {
    fileprivate convenience init(_ token: Token) {
        self.init(
            Identity(.apiToken, id: token.id, name: token.name), Roles(token.role),
            token.role == .operator ? .all : Reach(organization: token.organizationID),
            source: token.source, expiresAt: token.expiresAt)
    }
}
