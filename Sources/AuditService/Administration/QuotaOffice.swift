import Access
import Codec
import EventStore
import Synchronization

/// The quotas of a running server: on disk, in force, and told to who asks.
///
/// A change is on stable storage before it is in force, and in force before it is answered. Who may ask for what is
/// decided here by the caller's reach; that he may ask at all, by the gate.
final class QuotaOffice: Sendable {
    let directory: QuotaDirectory
    private let tokens: TokenDirectory
    private let file: QuotaFile
    /// Held by one change at a time, while it writes.
    private let changing = Mutex(())

    private static let pageMax = 1_000

    /// Reads the quotas and puts them in force.
    ///
    /// - Throws: `unavailable`, for the operator: the file cannot be read or understood.
    init(_ file: QuotaFile, tokens: TokenDirectory) throws(ServiceError) {
        self.tokens = tokens
        self.file = file
        directory = QuotaDirectory(try file.book())
    }

    /// Makes a change. Waits for the disk.
    ///
    /// - Throws: `forbidden` (the quota is an operator's to set), `notFound` (there is no such token in the caller's
    ///   reach), `exhausted` or `unavailable`; then nothing has changed.
    func set(
        _ request: SetQuotaRequest, by caller: Caller
    ) throws(ServiceError) -> SetQuotaResponse {
        let subject = try subject(of: request, by: caller)
        return try changing.withLock { _ throws(ServiceError) in
            let before = directory.book
            var after = before
            let known = tokens.book.entries
            after.keepTokens { known[$0] != nil }
            guard after.set(request.quota, for: subject) else {
                throw ServiceError(
                    .exhausted,
                    "there are \(AccessLimits.quotasMax) quotas, as many as there may be; remove some"
                )
            }
            if after != before {
                try save(after)
                directory.replace(after, at: .sinceStart)
            }
            return SetQuotaResponse(
                before: describe(subject, in: before), after: describe(subject, in: after))
        }
    }

    private func save(_ book: QuotaBook) throws(ServiceError) {
        do throws(FileError) {
            try file.write(book)
        } catch {
            throw ServiceError(unsaved: error)
        }
    }

    private func subject(
        of request: SetQuotaRequest, by caller: Caller
    ) throws(ServiceError) -> QuotaSubject {
        guard request.tokenID.isEmpty else {
            // A token that the caller may not see is none.
            let token = tokens.book.entries[request.tokenID]?.token
            guard token?.isWithin(caller.reach) == true else {
                throw ServiceError(
                    .notFound, "there is no token with this id; `token list` has them")
            }
            return .token(request.tokenID)
        }
        guard caller.reach == .all else {
            throw ServiceError(
                .forbidden,
                "the quota of an organization is an operator's to set; its admins set those of its tokens"
            )
        }
        return request.organizationID.isEmpty
            ? .standard : .organization(named: request.organizationID)
    }

    func list(
        _ request: ListQuotasRequest, by caller: Caller
    ) throws(ServiceError) -> ListQuotasResponse {
        let name = try caller.organizationNamed(by: request.organizationID)
        let book = directory.book
        let subjects = subjects(of: name, in: book)
            .filter { $0.isBehind(pageToken: request.pageToken) }.sorted()
        let size = request.pageSize == 0 ? Self.pageMax : min(Int(request.pageSize), Self.pageMax)
        let page = subjects.prefix(size)
        return ListQuotasResponse(
            quotas: page.map { describe($0, in: book) },
            nextPageToken: page.count < subjects.count ? page.last?.pageToken ?? "" : "")
    }

    /// - Parameter organizationID: empty for all.
    private func subjects(of organizationID: String, in book: QuotaBook) -> Set<QuotaSubject> {
        guard !organizationID.isEmpty else { return Set(book.quotas.keys).union([.standard]) }
        let entries = tokens.book.entries
        let reach = Reach(organization: organizationID)
        let own = book.quotas.keys.filter { subject in
            guard case .token(let id) = subject else { return false }
            return entries[id]?.token.isWithin(reach) ?? false
        }
        return Set(own).union([.organization(named: organizationID)])
    }

    private func describe(_ subject: QuotaSubject, in book: QuotaBook) -> SubjectQuota {
        let own = book.quotas[subject]
        switch subject {
        case .standard: return SubjectQuota(quota: own)
        case .organization(let name):
            let standard = book.quotas[.standard]
            return SubjectQuota(
                organizationID: String(decoding: name, as: UTF8.self), quota: own ?? standard,
                inherited: own == nil && standard != nil)
        case .token(let id):
            let organizationID = tokens.book.entries[id]?.token.organizationID ?? ""
            return SubjectQuota(organizationID: organizationID, tokenID: id, quota: own)
        }
    }
}
