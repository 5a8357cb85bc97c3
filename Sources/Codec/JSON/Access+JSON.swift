import AuditModel

extension Token {
    /// The JSON view on one line; fields that are not set are left out.
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.token(self)
        return writer.bytes
    }
}

extension TokenSecretResponse {
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { json in
            json.key("token")
            json.token(token)
            json.member("secret", secret)
            json.member("event_sequence", eventSequence.rawValue)
        }
        return writer.bytes
    }
}

extension RevokeTokenResponse {
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { json in
            json.key("token")
            json.token(token)
            json.member("event_sequence", eventSequence.rawValue)
        }
        return writer.bytes
    }
}

extension CreateViewerTokenResponse {
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { json in
            json.member("secret", secret)
            json.member("expires_at", expiresAt)
        }
        return writer.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func token(_ token: Token) {
        object { json in
            json.member("id", token.id)
            json.member("name", token.name)
            json.member("organization_id", token.organizationID)
            json.member("role", token.role)
            json.member("source", token.source)
            json.member("created_at", token.createdAt)
            json.member("expires_at", token.expiresAt)
            json.member("revoked_at", token.revokedAt)
            json.member("rotated_at", token.rotatedAt)
            json.member("previous_secret_until", token.previousSecretUntil)
        }
    }
}
