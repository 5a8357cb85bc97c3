import Codec

/// What callers on the server's own machine may do who show no credential.
package enum LocalAccess: String, CaseIterable, Sendable {
    /// Nothing.
    case none
    /// Everything in one organization, `development`.
    case development
    /// Everything.
    case `operator`

    package static let organization = "development"

    /// Nil when they may do nothing.
    package var caller: Caller? {
        switch self {
        case .none: nil
        case .development:
            Caller(
                Identity(.local), [.recorder, .reader, .admin],
                Reach(organization: Self.organization))
        case .operator: Caller(Identity(.local), .operator, .all)
        }
    }
}
