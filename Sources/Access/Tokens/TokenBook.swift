package import AuditModel
package import Codec

/// The API tokens of a server, those too that have ended lately. A value: `TokenBook+JSON.swift` keeps it in a file.
package struct TokenBook: Hashable, Sendable {
    /// One token and the hashes of its secrets.
    package struct Entry: Hashable, Sendable {
        package internal(set) var token: Token
        var hash: SecretHash
        /// Of before the last rotation; valid until `token.previousSecretUntil`.
        var previousHash: SecretHash?
    }

    /// By id.
    package internal(set) var entries: [String: Entry] = [:]
    /// What viewer tokens are signed with.
    package internal(set) var viewerKey: ViewerKey

    package init(viewerKey: ViewerKey) { self.viewerKey = viewerKey }

    /// Makes a token. Nil when there are as many as there may be.
    ///
    /// - Parameter organizationID: empty for an operator's.
    package mutating func create(
        _ request: CreateTokenRequest, organizationID: String, now: Timestamp
    ) -> (token: Token, secret: TokenText)? {
        forgetEnded(now: now)
        guard entries.count < AccessLimits.tokensMax else { return nil }
        var text = TokenText.random()
        while entries[text.id] != nil { text = .random() }
        let token = Token(
            id: text.id, name: request.name, organizationID: organizationID, role: request.role,
            source: request.source, createdAt: now,
            expiresAt: request.lifetime.map { now.advanced(by: $0) }, rotatedAt: now)
        entries[text.id] = Entry(token: token, hash: SecretHash(of: text))
        return (token, text)
    }

    /// Gives a token a new secret; the one of before stays valid for `overlap`. Nil for a token that is not there or
    /// has ended.
    package mutating func rotate(
        _ id: String, overlap: Duration, now: Timestamp
    ) -> (token: Token, secret: TokenText)? {
        guard var entry = entries[id], !entry.token.hasEnded(now: now) else { return nil }
        let text = TokenText.random(id: id)
        entry.previousHash = overlap > .zero ? entry.hash : nil
        entry.token.previousSecretUntil = overlap > .zero ? now.advanced(by: overlap) : nil
        entry.hash = SecretHash(of: text)
        entry.token.rotatedAt = now
        entries[id] = entry
        return (entry.token, text)
    }

    /// Ends a token. One that is revoked stays as it was; nil for one that is not there.
    package mutating func revoke(_ id: String, now: Timestamp) -> Token? {
        guard var entry = entries[id] else { return nil }
        if entry.token.revokedAt == nil {
            entry.token.revokedAt = now
            entry.previousHash = nil
            entry.token.previousSecretUntil = nil
        }
        entries[id] = entry
        return entry.token
    }

    /// The tokens within reach, by id, behind `id`.
    package func tokens(
        in reach: Reach, after id: String, includingEnded: Bool, now: Timestamp
    ) -> [Token] {
        entries.values.lazy.map(\.token)
            .filter { $0.id > id && $0.isWithin(reach) }
            .filter { includingEnded || !$0.hasEnded(now: now) }
            .sorted { $0.id < $1.id }
    }

    private mutating func forgetEnded(now: Timestamp) {
        entries = entries.filter { _, entry in
            guard let end = entry.token.end else { return true }
            return now < end.advanced(by: AccessLimits.endedTokensKept)
        }
    }
}

extension Token {
    /// When it was revoked or expires; nil for never.
    fileprivate var end: Timestamp? {
        switch (revokedAt, expiresAt) {
        case (let revoked?, let expires?): min(revoked, expires)
        case (let end?, nil), (nil, let end?): end
        case (nil, nil): nil
        }
    }

    package func hasEnded(now: Timestamp) -> Bool { end.map { $0 <= now } ?? false }

    /// An operator's tokens are for operators alone.
    package func isWithin(_ reach: Reach) -> Bool {
        switch reach {
        case .all: true
        case .only: role != .operator && reach.contains(Array(organizationID.utf8))
        }
    }
}
