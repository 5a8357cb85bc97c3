import AuditModel
import Codec

/// `tokens.json`, see docs/disk-format.md.
extension TokenBook {
    /// The text of the file, tokens in the order of their ids.
    package var json: [UInt8] {
        let inOrder = entries.values.sorted { $0.token.id < $1.token.id }
        return JSONValue.object([
            .init("version", .number("1")), .init("viewer_key", .string(viewerKey.text)),
            .init("tokens", .array(inOrder.map(\.json))),
        ]).encoded() + [UInt8(ascii: "\n")]
    }

    /// Reads the file. Throws what is wrong with it, in words that name no secret.
    package init(json text: [UInt8]) throws(AccessFileError) {
        let file: JSONValue
        do throws(CodecError) {
            file = try JSONValue(parsing: text)
        } catch {
            throw AccessFileError(error.message)
        }
        let members = try FileMembers(file, "the file")
        guard case .number("1")? = members["version"] else {
            throw AccessFileError("its version is not 1")
        }
        guard let key = ViewerKey(text: try members.string("viewer_key")) else {
            throw AccessFileError("viewer_key is not 64 hexadecimal digits")
        }
        guard case .array(let list)? = members["tokens"] else {
            throw AccessFileError("tokens is not a list")
        }
        self.init(viewerKey: key)
        for element in list {
            let entry = try Entry(FileMembers(element, "a token"))
            guard entries.updateValue(entry, forKey: entry.token.id) == nil else {
                throw AccessFileError("token \(entry.token.id) is there twice")
            }
        }
    }
}

extension TokenBook.Entry {
    fileprivate var json: JSONValue {
        var members: [JSONValue.Member] = []
        for (key, text) in [
            ("id", token.id), ("name", token.name), ("organization", token.organizationID),
            ("role", token.role.name), ("source", token.source),
            ("created_at", token.createdAt?.rfc3339), ("expires_at", token.expiresAt?.rfc3339),
            ("revoked_at", token.revokedAt?.rfc3339), ("rotated_at", token.rotatedAt?.rfc3339),
            ("sha256", hash.text), ("previous_sha256", previousHash?.text),
            ("previous_until", token.previousSecretUntil?.rfc3339),
        ] {
            if let text, !text.isEmpty { members.append(.init(key, .string(text))) }
        }
        return .object(members)
    }

    fileprivate init(_ members: FileMembers) throws(AccessFileError) {
        let id = try members.string("id")
        guard let role = Role(name: try members.string("role")), role != .unspecified else {
            throw AccessFileError("the role of token \(id) is unknown")
        }
        guard let hash = SecretHash(text: try members.string("sha256")) else {
            throw AccessFileError("sha256 of token \(id) is not 64 hexadecimal digits")
        }
        var token = Token(
            id: id, name: try members.string("name"),
            organizationID: try members.optionalString("organization") ?? "", role: role,
            source: try members.optionalString("source") ?? "",
            createdAt: try members.time("created_at"), expiresAt: try members.time("expires_at"),
            revokedAt: try members.time("revoked_at"), rotatedAt: try members.time("rotated_at"))
        guard (role == .operator) == token.organizationID.isEmpty else {
            throw AccessFileError("token \(id) has a role that does not go with its organization")
        }
        var previous: SecretHash?
        if let text = try members.optionalString("previous_sha256") {
            previous = SecretHash(text: text)
            token.previousSecretUntil = try members.time("previous_until")
            guard previous != nil, token.previousSecretUntil != nil else {
                throw AccessFileError("the previous secret of token \(id) is not whole")
            }
        }
        self.init(token: token, hash: hash, previousHash: previous)
    }
}
