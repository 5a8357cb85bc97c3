/// A URI of a rule: one, or with `/*` at the end all that have one segment or more below it. Nothing is normalized: a
/// URI that is spelled in another way is another one.
struct URIPattern: Hashable, Sendable {
    /// Without the star.
    private let text: String
    private let isPrefix: Bool

    /// Nil for what is no URI with an authority (`scheme://authority/...`), or has a star elsewhere.
    init?(_ text: String) {
        guard CertificateIdentity.uri(text) != nil,
            let scheme = text.firstRange(of: "://"), scheme.lowerBound > text.startIndex
        else { return nil }
        let rest = text[scheme.upperBound...]
        guard let first = rest.first, first != "/", first != "*" else { return nil }
        isPrefix = rest.hasSuffix("/*")
        self.text = isPrefix ? String(text.dropLast()) : text
        guard !self.text.contains("*") else { return nil }
    }

    var isSPIFFE: Bool { text.utf8.starts(with: "spiffe://".utf8) }

    func matches(_ uri: String) -> Bool {
        guard isPrefix else { return uri.isExactly(text) }
        guard uri.utf8.starts(with: text.utf8) else { return false }
        return uri.utf8.dropFirst(text.utf8.count)
            .split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .allSatisfy(Self.isSegment)
    }

    /// Of a path that means what it says (SPIFFE-ID §2.2): neither `..` nor anything that is decoded first.
    private static func isSegment(_ segment: Substring.UTF8View.SubSequence) -> Bool {
        guard !segment.isEmpty, !segment.elementsEqual(".".utf8), !segment.elementsEqual("..".utf8)
        else { return false }
        return segment.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }
}
