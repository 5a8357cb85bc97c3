/// The name of an organization as the store compares it: byte by byte.
///
/// Two strings of Swift are equal when they read the same, however their letters are composed. Those are two
/// organizations, and a policy of the one must not fall upon the other.
struct OrganizationName: Hashable, Comparable, Sendable {
    /// UTF-8.
    let bytes: [UInt8]

    init(_ text: String) { bytes = Array(text.utf8) }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    static func < (left: Self, right: Self) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}
