/// What a call brings to say who makes it.
package struct Credentials: Sendable {
    package var authorization: Authorization
    /// That the client showed, in DER and verified; nil for none.
    package var certificate: [UInt8]?
    /// The caller is on the server's own machine.
    package var isLocal: Bool

    package init(authorization: Authorization, certificate: [UInt8]?, isLocal: Bool) {
        self.authorization = authorization
        self.certificate = certificate
        self.isLocal = isLocal
    }

    /// The `authorization` field of a call.
    package enum Authorization: Hashable, Sendable {
        case none
        /// `Bearer TEXT` (RFC 6750 §2.1).
        case bearer(String)
        /// Another scheme, or more than one field, or too long.
        case unusable

        /// - Parameter value: of the one field.
        package init(_ value: String) {
            let scheme = "bearer "
            guard value.utf8.count <= AccessLimits.authorizationBytesMax,
                value.prefix(scheme.count).lowercased() == scheme
            else {
                self = .unusable
                return
            }
            self = .bearer(String(value.dropFirst(scheme.count)))
        }
    }
}
