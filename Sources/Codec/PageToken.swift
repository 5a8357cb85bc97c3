package import AuditModel

/// Where a query goes on, bound to its organization, filter and order.
///
/// The text holds no secret and grants nothing: it names a place in what its bearer may read
/// anyway. The checksum is against accidents and guesses.
package struct PageToken: Hashable, Sendable {
    /// The next sequence to look at, in the query's order.
    package var next: Sequence
    /// How many places of the log behind that event, in the query's order, it goes on: where events cannot be read, no
    /// sequence names a place. Zero for the event itself.
    package var offset: UInt64
    /// The head when the query began: what was recorded later is no part of it.
    package var head: Sequence

    package init(next: Sequence, offset: UInt64 = 0, head: Sequence) {
        self.next = next
        self.offset = offset
        self.head = head
    }

    private static let version: UInt8 = 2
    /// version 1, binding 8, next 8, offset 8, head 8, checksum 8, and a zero, so that whole groups are encoded.
    private static let byteCount = 42
    private static let checkedBytes = 33

    /// - Throws: `.invalid` naming `page_token` when it is none, or one of another query.
    package init(_ text: String, of query: QueryRequest) throws(CodecError) {
        guard let bytes = Base64URL.decode(text), bytes.count == PageToken.byteCount,
            bytes[0] == PageToken.version, bytes[PageToken.byteCount - 1] == 0,
            PageToken.number(bytes, PageToken.checkedBytes)
                == PageToken.checksum(bytes[..<PageToken.checkedBytes])
        else {
            throw .invalid("page_token", "is not a token that a query gave")
        }
        guard PageToken.number(bytes, 1) == PageToken.binding(query) else {
            throw .invalid(
                "page_token",
                """
                is the token of another query: organization, filter and order must be those of \
                the first page
                """)
        }
        next = Sequence(PageToken.number(bytes, 9))
        offset = PageToken.number(bytes, 17)
        head = Sequence(PageToken.number(bytes, 25))
    }

    /// For the answer to `query`.
    package func text(for query: QueryRequest) -> String {
        var bytes: [UInt8] = [PageToken.version]
        bytes.reserveCapacity(PageToken.byteCount)
        for value in [PageToken.binding(query), next.rawValue, offset, head.rawValue] {
            PageToken.append(value, to: &bytes)
        }
        return PageToken.encoded(bytes)
    }

    /// A token of the same query that goes on elsewhere; nil for what is no token.
    package static func moved(_ text: String, to next: Sequence) -> String? {
        guard let bytes = Base64URL.decode(text), bytes.count == PageToken.byteCount else {
            return nil
        }
        var moved = Array(bytes[..<9])
        PageToken.append(next.rawValue, to: &moved)
        PageToken.append(0, to: &moved)
        moved += bytes[25..<PageToken.checkedBytes]
        return encoded(moved)
    }

    private static func encoded(_ bytes: [UInt8]) -> String {
        var bytes = bytes
        append(checksum(bytes[...]), to: &bytes)
        return Base64URL.encode(bytes + [0])
    }

    /// The page size is not part of it: it may change from page to page.
    private static func binding(_ query: QueryRequest) -> UInt64 {
        let organization = query.organizationID.isEmpty ? nil : Array(query.organizationID.utf8)
        var hash = StableHash()
        hash.combine(FilterKey(query.filter, organization: organization).bytes)
        hash.combine([query.order == .oldestFirst ? 1 : 0])
        return hash.finish()
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        var hash = StableHash()
        hash.combine("auditrpc page token".utf8)
        hash.combine(bytes)
        return hash.finish()
    }

    private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    private static func number(_ bytes: [UInt8], _ offset: Int) -> UInt64 {
        bytes[offset..<offset + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// RFC 4648, section 5, without padding, for whole groups of three bytes only: every text has one
/// meaning.
private enum Base64URL {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        precondition(bytes.count % 3 == 0, "only whole groups are encoded")
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group =
                Int(bytes[start]) << 16 | Int(bytes[start + 1]) << 8 | Int(bytes[start + 2])
            for shift in [18, 12, 6, 0] { text.append(alphabet[group >> shift & 63]) }
        }
        return String(decoding: text, as: UTF8.self)
    }

    static func decode(_ text: String) -> [UInt8]? {
        guard text.utf8.count % 4 == 0 else { return nil }
        var bytes: [UInt8] = []
        var group = 0
        for (index, character) in text.utf8.enumerated() {
            guard let value = alphabet.firstIndex(of: character) else { return nil }
            group = group << 6 | value
            guard index % 4 == 3 else { continue }
            for shift in [16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: group >> shift)) }
            group = 0
        }
        return bytes
    }
}
