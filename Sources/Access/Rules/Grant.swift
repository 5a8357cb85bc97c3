import Codec

/// What a rule lets a caller do.
struct Grant: Hashable, Sendable {
    var roles: Roles
    var reach: Reach
    /// Of the events that the caller records without one; empty for none.
    var source = ""
}

extension Role {
    /// As the access file writes it. Viewers are made by CreateViewerToken alone, which gives them the filter that
    /// bounds them.
    init?(inAccessFile name: String) {
        switch name {
        case "recorder": self = .recorder
        case "reader": self = .reader
        case "admin": self = .admin
        case "operator": self = .operator
        default: return nil
        }
    }
}

extension FileMembers {
    /// `role`, `organization` or `organizations`, and `source`.
    ///
    /// - Parameter what: the object, for messages.
    func grant(of what: String) throws(AccessFileError) -> Grant {
        let role = try role(named: try string("role"), in: "role of \(what)")
        var names: [String] = []
        if let one = try optionalString("organization") { names.append(one) }
        let several = try list("organizations", countMax: AccessLimits.organizationsMax) ?? []
        for element in several {
            guard case .string(let name) = element else {
                throw AccessFileError("organizations of \(what) has what is not a string")
            }
            names.append(name)
        }
        guard self["organization"] == nil || self["organizations"] == nil else {
            throw AccessFileError("\(what) has both organization and organizations")
        }
        let source = try optionalText("source", bytesMax: Limits.tokenNameBytesMax) ?? ""
        if role == .operator {
            guard names.isEmpty else {
                throw AccessFileError("\(what) has an organization; an operator's reach is all")
            }
            return Grant(roles: .operator, reach: .all, source: source)
        }
        guard let reach = Reach(organizations: names) else {
            throw AccessFileError(
                "\(what) needs an organization of 1 to \(Limits.organizationBytesMax) bytes, or several"
            )
        }
        return Grant(roles: Roles(role), reach: reach, source: source)
    }

    func role(named name: String, in place: String) throws(AccessFileError) -> Role {
        guard let role = Role(inAccessFile: name) else {
            throw AccessFileError("\(place) is none of recorder, reader, admin and operator")
        }
        return role
    }
}

extension Reach {
    /// Nil for none, and for what cannot be an organization's name.
    init?(organizations names: [String]) {
        let usable = names.compactMap {
            PlainText($0, bytesMax: Limits.organizationBytesMax).map { Array($0.text.utf8) }
        }
        guard !names.isEmpty, usable.count == names.count else { return nil }
        self = .only(usable)
    }
}
