/// Whose quota it is. In order: the default, organizations by name, tokens by id.
package enum QuotaSubject: Hashable, Comparable, Sendable {
    /// Each of the organizations without a quota of its own.
    case standard
    /// In UTF-8: names are compared byte for byte.
    case organization([UInt8])
    case token(String)

    package static func organization(named name: String) -> QuotaSubject {
        .organization(Array(name.utf8))
    }

    package static func < (left: Self, right: Self) -> Bool {
        left.key.lexicographicallyPrecedes(right.key)
    }

    /// In their order; also what a page token is made of.
    private var key: [UInt8] {
        switch self {
        case .standard: []
        case .organization(let name): [UInt8(ascii: "o")] + name
        case .token(let id): [UInt8(ascii: "t")] + Array(id.utf8)
        }
    }

    /// Stands for everything up to this one in a page token; never empty.
    package var pageToken: String { "q" + String(decoding: key, as: UTF8.self) }

    /// Whether it comes behind the page with that token.
    ///
    /// Bytes are cut, not characters: a name may begin with a mark that joins the letter before.
    package func isBehind(pageToken: String) -> Bool {
        pageToken.isEmpty || Array(pageToken.utf8).dropFirst().lexicographicallyPrecedes(key)
    }
}

extension QuotaSubject: CustomStringConvertible {
    package var description: String {
        switch self {
        case .standard: "an organization by default"
        case .organization(let name): "organization \(String(decoding: name, as: UTF8.self))"
        case .token(let id): "token \(id)"
        }
    }
}
