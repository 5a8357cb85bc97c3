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

extension GetCallerResponse {
    /// Without `organizations` it is all of them.
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { json in
            json.member("credential", credential)
            json.member("id", id)
            json.member("name", name)
            json.key("roles")
            json.array { for role in roles { $0.string(role.name.lowercased()) } }
            json.member("organizations", organizationIDs) { $0.string($1) }
            json.member("expires_at", expiresAt)
            if let bounds {
                json.key("bounds")
                json.filter(bounds)
            }
        }
        return writer.bytes
    }
}

extension JSONWriter {
    /// The fields of the contract; those that do not narrow are left out.
    fileprivate mutating func filter(_ filter: EventFilter) {
        object { json in
            json.member("event_types", filter.eventTypes) { $0.string($1) }
            json.member("target_types", filter.targetTypes) { $0.string($1) }
            json.member("target_ids", filter.targetIDs) { $0.string($1) }
            json.member("scopes", filter.scopes) { json, scope in
                json.object { json in
                    json.member("type", scope.type)
                    json.member("id", scope.id)
                }
            }
            json.member("actor_ids", filter.actorIDs) { $0.string($1) }
            json.member("actor_types", filter.actorTypes) { $0.string($1.name) }
            json.member("sources", filter.sources) { $0.string($1) }
            json.member("outcomes", filter.outcomes) { $0.string($1.name) }
            json.member("since", filter.since)
            json.member("until", filter.until)
            json.member("text", filter.text)
        }
    }

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
