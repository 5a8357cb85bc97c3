/// The organizations that a credential is for. Names are compared byte for byte.
package enum Reach: Hashable, Sendable {
    /// An operator's.
    case all
    /// In UTF-8, one at least.
    case only([[UInt8]])

    package init(organization: String) { self = .only([Array(organization.utf8)]) }

    package func contains(_ organization: [UInt8]) -> Bool {
        switch self {
        case .all: true
        case .only(let organizations): organizations.contains(organization)
        }
    }

    /// Empty for all of them.
    package var names: [String] {
        if case .only(let organizations) = self {
            organizations.map { String(decoding: $0, as: UTF8.self) }
        } else {
            []
        }
    }

    /// The one that is meant where none is named; nil for all of them, and where there are several.
    package var single: [UInt8]? {
        if case .only(let organizations) = self, organizations.count == 1 {
            organizations[0]
        } else {
            nil
        }
    }
}
