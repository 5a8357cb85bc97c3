import Access
import AuditRPC
import Logging

extension AuditServer {
    /// Read before the store opens: a replay may take minutes. Nil without an access file.
    static func accessFiles(
        of configuration: AuditServerConfiguration
    ) async throws(ServiceError) -> AccessFiles? {
        guard let path = configuration.accessFile else { return nil }
        return try await AccessFiles(
            path: path, showsCertificates: configuration.tls?.clientCAFile != nil)
    }

    /// Puts what the access file says now in force when it has changed, and ends the calls of those who are not known
    /// any more. A fault leaves in force what was, and is one line in the log.
    func checkAccess() async {
        switch await accessFiles?.changes() {
        case .success(let content)?:
            authenticator.replace(content.rules, content.keys)
            calls.endRefused()
            logger.notice("new access rules are in force")
        case .failure(let error)?:
            logger.error(
                "the new access rules cannot be used, the old ones stay",
                metadata: ["problem": "\(error.reason)"])
        case nil: break
        }
    }
}
