package import AuditModel
package import Codec

/// A token that lets see what one filter lets pass, for a while: `auditrpcv_` and the hexadecimal digits of its content
/// and of a signature, which is all that the server knows of it.
package struct ViewerToken: Hashable, Sendable {
    package var organizationID: String
    package var filter: EventFilter
    package var expiresAt: Timestamp
    /// Who made it. It ends with an API token that did.
    package var maker: Identity

    /// - Parameter maker: its name is left out, and its id cut to 255 bytes.
    package init(
        organizationID: String, filter: EventFilter, expiresAt: Timestamp, maker: Identity
    ) {
        self.organizationID = organizationID
        self.filter = filter
        self.expiresAt = expiresAt
        var id = maker.id
        while id.utf8.count > UInt8.max { id.removeLast() }
        self.maker = Identity(maker.credential, id: id)
    }

    package static let prefix = "auditrpcv_"
    private static let version: UInt8 = 1
    private static let signatureBytes = 32

    /// The secret.
    package func text(signedWith key: ViewerKey) -> String {
        let content = content
        return Self.prefix + Hex.text(content + key.signature(of: content))
    }

    /// Nil for what was not signed with that key.
    package init?(_ text: String, signedWith key: ViewerKey) {
        guard text.hasPrefix(Self.prefix),
            let bytes = Hex.bytes(String(text.dropFirst(Self.prefix.count))),
            bytes.count > Self.signatureBytes
        else { return nil }
        let content = Array(bytes.dropLast(Self.signatureBytes))
        guard key.isSignature(Array(bytes.suffix(Self.signatureBytes)), of: content),
            let token = ViewerToken(content: content)
        else { return nil }
        self = token
    }

    /// A version, the end, the maker's credential, the length of his id and the id, and a QueryRequest, which has
    /// fields for the rest.
    private var content: [UInt8] {
        var content = [Self.version]
        let end = UInt64(bitPattern: expiresAt.nanosecondsSinceEpoch)
        content += (0..<8).map { UInt8(truncatingIfNeeded: end >> (8 * $0)) }
        content.append(UInt8(truncatingIfNeeded: maker.credential.rawValue))
        content.append(UInt8(maker.id.utf8.count))
        content += Array(maker.id.utf8)
        return content + QueryRequest(organizationID: organizationID, filter: filter).encoded()
    }

    private init?(content: [UInt8]) {
        guard content.count >= 11, content[0] == Self.version else { return nil }
        let end = content[1..<9].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let idEnd = 11 + Int(content[10])
        guard idEnd <= content.count,
            let credential = CredentialType(rawValue: Int32(content[9])),
            let request = try? QueryRequest(decoding: Array(content[idEnd...]))
        else { return nil }
        maker = Identity(
            credential, id: String(decoding: content[11..<idEnd], as: UTF8.self))
        expiresAt = Timestamp(nanosecondsSinceEpoch: Int64(bitPattern: end))
        organizationID = request.organizationID
        filter = request.filter
    }
}
