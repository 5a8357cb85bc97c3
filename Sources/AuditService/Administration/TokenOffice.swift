import Access
import AuditModel
import Codec
import EventStore
import Synchronization

/// The API tokens of a running server: on disk, in force, and told to who asks.
///
/// A change is on stable storage before it is in force, and in force before it is answered. Who may ask for what is
/// decided here by the caller's reach; that he may ask at all, by the gate.
final class TokenOffice: Sendable {
    let directory: TokenDirectory
    /// The secret of the token that was made because there was none; shown once, by whoever takes it.
    let firstToken: String?
    private let file: TokenFile
    /// Held by one change at a time, while it writes.
    private let changing = Mutex(())

    /// Reads the tokens and puts them in force. A store without a token file gets one, with a token for its operator.
    ///
    /// - Throws: `unavailable`, for the operator: the file cannot be read, understood or written, or others may read
    ///   it.
    init(_ file: TokenFile, now: Timestamp) throws(ServiceError) {
        self.file = file
        if let book = try file.book() {
            directory = TokenDirectory(book)
            firstToken = nil
        } else {
            var book = TokenBook(viewerKey: .random())
            let first = CreateTokenRequest(name: "first operator", role: .operator)
            firstToken = book.create(first, organizationID: "", now: now)?.secret.text
            directory = TokenDirectory(book)
            try save(book)
        }
    }

    /// Takes the first token back: the server did not start, and nobody was shown it. The next start makes another.
    func discardFirstToken() {
        guard firstToken != nil else { return }
        try? file.remove()
    }

    // MARK: Requests

    /// - Throws: `forbidden` (the organization or the role is not the caller's to give), `exhausted`, `unavailable`.
    func create(
        _ request: CreateTokenRequest, by caller: Caller, now: Timestamp
    ) throws(ServiceError) -> TokenSecretResponse {
        let organizationID: String
        if request.role == .operator {
            guard caller.reach == .all else { throw ServiceError(.role) }
            organizationID = ""
        } else {
            organizationID = try caller.organizationNamed(by: request.organizationID)
            guard !organizationID.isEmpty else { throw ServiceError.needsOrganization }
        }
        return try change { (book) throws(ServiceError) in
            guard let made = book.create(request, organizationID: organizationID, now: now) else {
                throw ServiceError(
                    .exhausted,
                    "there are \(AccessLimits.tokensMax) tokens, as many as there may be; revoke some"
                )
            }
            return TokenSecretResponse(token: made.token, secret: made.secret.text)
        }
    }

    func list(
        _ request: ListTokensRequest, by caller: Caller, now: Timestamp
    ) throws(ServiceError) -> ListTokensResponse {
        let organizationID = try caller.organizationNamed(by: request.organizationID)
        let reach = organizationID.isEmpty ? Reach.all : Reach(organization: organizationID)
        let tokens = directory.book.tokens(
            in: reach, after: request.pageToken, includingEnded: request.includeEnded, now: now)
        let size = request.pageSize == 0 ? Self.pageMax : min(Int(request.pageSize), Self.pageMax)
        let page = Array(tokens.prefix(size))
        return ListTokensResponse(
            tokens: page, nextPageToken: page.count < tokens.count ? page.last?.id ?? "" : "")
    }

    private static let pageMax = 1_000

    /// - Throws: `notFound`, `precondition` (it has ended), `exhausted` or `unavailable`.
    func rotate(
        _ request: RotateTokenRequest, by caller: Caller, now: Timestamp
    ) throws(ServiceError) -> TokenSecretResponse {
        try change { (book) throws(ServiceError) in
            try Self.check(request.id, book, caller)
            let overlap = request.overlap ?? AccessLimits.rotationOverlap
            guard let rotated = book.rotate(request.id, overlap: overlap, now: now) else {
                throw ServiceError(
                    .precondition, "the token has ended; make another one in its place")
            }
            return TokenSecretResponse(token: rotated.token, secret: rotated.secret.text)
        }
    }

    /// - Returns: the token, and whether it was in force until now.
    /// - Throws: `notFound`, `exhausted` or `unavailable`.
    func revoke(
        _ request: RevokeTokenRequest, by caller: Caller, now: Timestamp
    ) throws(ServiceError) -> (token: Token, hasChanged: Bool) {
        try change { (book) throws(ServiceError) in
            let before = try Self.check(request.id, book, caller)
            let after = book.revoke(request.id, now: now) ?? before
            return (after, before.revokedAt == nil)
        }
    }

    /// - Throws: `forbidden` or `invalid`: no organization is named by a caller who may see all.
    func viewer(
        _ request: CreateViewerTokenRequest, by caller: Caller, now: Timestamp
    ) throws(ServiceError) -> CreateViewerTokenResponse {
        let organizationID = try caller.organizationNamed(by: request.organizationID)
        guard !organizationID.isEmpty else { throw ServiceError.needsOrganization }
        var end = now.advanced(by: request.lifetime ?? AccessLimits.viewerLifetime)
        if let makers = caller.expiresAt { end = min(end, makers) }
        let token = ViewerToken(
            organizationID: organizationID, filter: request.filter, expiresAt: end,
            maker: caller.identity)
        return CreateViewerTokenResponse(
            secret: token.text(signedWith: directory.book.viewerKey), expiresAt: end)
    }

    /// A token that the caller may not see is none.
    @discardableResult
    private static func check(
        _ id: String, _ book: TokenBook, _ caller: Caller
    ) throws(ServiceError) -> Token {
        guard let token = book.entries[id]?.token, token.isWithin(caller.reach) else {
            throw ServiceError(.notFound, "there is no token with this id; `token list` has them")
        }
        return token
    }

    // MARK: The file

    /// Waits for the disk.
    private func change<Result>(
        _ body: (inout TokenBook) throws(ServiceError) -> Result
    ) throws(ServiceError) -> Result {
        try changing.withLock { _ throws(ServiceError) in
            let before = directory.book
            var after = before
            let result = try body(&after)
            if after != before {
                try save(after)
                directory.replace(after)
            }
            return result
        }
    }

    private func save(_ book: TokenBook) throws(ServiceError) {
        do throws(FileError) {
            try file.write(book)
        } catch {
            throw ServiceError(unsaved: error)
        }
    }
}

extension Caller {
    /// See `Caller.organization`, as an error of the service.
    func organizationNamed(by name: String) throws(ServiceError) -> String {
        do throws(AccessError) {
            return try organization(named: name)
        } catch {
            throw ServiceError(error)
        }
    }
}

extension ServiceError {
    init(_ error: AccessError) {
        let code: Code =
            switch error {
            case _ where error.isAuthentication: .unauthenticated
            case .organizationNeeded: .invalid
            case .busy: .busy
            default: .forbidden
            }
        self.init(code, error.message)
    }

    fileprivate static var needsOrganization: ServiceError {
        let reason = "is required of a caller who may see all of them"
        return ServiceError(
            .invalid, "organization_id \(reason)",
            violations: [FieldViolation(field: "organization_id", reason: reason)])
    }
}
