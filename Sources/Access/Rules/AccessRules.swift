import Codec

/// What the access file says: who may do what by a client certificate or a JWT. See docs/operating.md.
package struct AccessRules: Hashable, Sendable {
    /// The first that fits a certificate counts. Nil: certificates say nothing about who calls.
    package internal(set) var certificates: [CertificateRule]?
    /// Nil: JWTs are not accepted.
    package internal(set) var jwt: JWTSettings?

    /// Of a server without an access file.
    package static let none = AccessRules()

    private init() {}

    /// Reads the file.
    package init(json text: [UInt8]) throws(AccessFileError) {
        let file: JSONValue
        do throws(CodecError) {
            file = try JSONValue(parsing: text)
        } catch {
            throw AccessFileError(error.message)
        }
        let members = try FileMembers(file, "the file")
        try members.onlyKnown(["certificates", "jwt"])
        if let list = try members.list("certificates", countMax: AccessLimits.certificateRulesMax) {
            certificates = []
            for (index, element) in list.enumerated() {
                certificates?.append(try CertificateRule(element, "certificates[\(index)]"))
            }
        }
        if let value = members["jwt"] { jwt = try JWTSettings(FileMembers(value, "jwt")) }
        guard certificates != nil || jwt != nil else {
            throw AccessFileError("the file has neither certificates nor jwt")
        }
    }
}
