package import Codec

/// A set of roles.
package struct Roles: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Empty for an unspecified one, which may do nothing.
    package init(_ role: Role) {
        rawValue = role == .unspecified ? 0 : 1 << UInt8(role.rawValue)
    }

    package static let recorder = Roles(.recorder)
    package static let reader = Roles(.reader)
    package static let viewer = Roles(.viewer)
    package static let admin = Roles(.admin)
    package static let `operator` = Roles(.operator)

    package static let all: Roles = [.recorder, .reader, .viewer, .admin, .operator]
}
