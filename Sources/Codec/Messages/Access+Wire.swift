import AuditModel
import CAuditProto
import CProtobufC

extension Token: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.Token" }

    init(_ message: Auditrpc__V1__Token, _ check: inout FieldCheck) {
        id = check.string(message.id, "id")
        name = check.string(message.name, "name")
        organizationID = check.string(message.organization_id, "organization_id")
        // A reader that is older than the server passes over the roles that it does not know.
        role = Role(rawValue: Int32(bitPattern: message.role.rawValue)) ?? .unspecified
        source = check.string(message.source, "source")
        createdAt = check.timestamp(message.created_at, "created_at")
        expiresAt = check.timestamp(message.expires_at, "expires_at")
        revokedAt = check.timestamp(message.revoked_at, "revoked_at")
        rotatedAt = check.timestamp(message.rotated_at, "rotated_at")
        previousSecretUntil = check.timestamp(
            message.previous_secret_until, "previous_secret_until")
    }

    func write(to message: inout Auditrpc__V1__Token, in arena: borrowing Arena) {
        message.id = arena.copy(id)
        message.name = arena.copy(name)
        message.organization_id = arena.copy(organizationID)
        message.role = Auditrpc__V1__Role(UInt32(bitPattern: role.rawValue))
        message.source = arena.copy(source)
        message.created_at = arena.timestamp(createdAt)
        message.expires_at = arena.timestamp(expiresAt)
        message.revoked_at = arena.timestamp(revokedAt)
        message.rotated_at = arena.timestamp(rotatedAt)
        message.previous_secret_until = arena.timestamp(previousSecretUntil)
    }
}

extension CreateTokenRequest: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.CreateTokenRequest" }

    init(_ message: Auditrpc__V1__CreateTokenRequest, _ check: inout FieldCheck) {
        check.required(message.name.buffer, "name", bytesMax: Limits.tokenNameBytesMax)
        name = check.string(message.name, "name")
        organizationID = check.organization(message.organization_id)
        role = check.enumeration(Role.self, message.role.rawValue, "role") ?? .unspecified
        check.text(message.source.buffer, "source", bytesMax: Limits.tokenNameBytesMax)
        source = check.string(message.source, "source")
        lifetime = check.lifetime(message.lifetime, "lifetime", max: Limits.tokenLifetimeMax)
        switch role {
        case .unspecified: check.refuse("role", "is required")
        case .viewer: check.refuse("role", "is VIEWER: CreateViewerToken makes those")
        case .operator where !organizationID.isEmpty:
            check.refuse("organization_id", "is set; an operator's token is for all of them")
        case .recorder, .reader, .admin, .operator: break
        }
    }

    func write(to message: inout Auditrpc__V1__CreateTokenRequest, in arena: borrowing Arena) {
        message.name = arena.copy(name)
        message.organization_id = arena.copy(organizationID)
        message.role = Auditrpc__V1__Role(UInt32(bitPattern: role.rawValue))
        message.source = arena.copy(source)
        message.lifetime = arena.duration(lifetime)
    }
}

/// Is read from and written as CreateTokenResponse; RotateTokenResponse has the same bytes.
extension TokenSecretResponse: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.CreateTokenResponse" }

    init(_ message: Auditrpc__V1__CreateTokenResponse, _ check: inout FieldCheck) {
        token = check.optional(Token.self, "token", message.token) ?? Token()
        secret = check.string(message.secret, "secret")
        eventSequence = Sequence(message.event_sequence)
    }

    func write(to message: inout Auditrpc__V1__CreateTokenResponse, in arena: borrowing Arena) {
        message.token = arena.message(token)
        message.secret = arena.copy(secret)
        message.event_sequence = eventSequence.rawValue
    }
}

extension ListTokensRequest: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.ListTokensRequest" }

    init(_ message: Auditrpc__V1__ListTokensRequest, _ check: inout FieldCheck) {
        organizationID = check.organization(message.organization_id)
        pageSize = message.page_size
        if pageSize < 0 {
            check.refuse("page_size", "is negative (\(message.page_size)); 0 means 1,000")
        }
        check.text(message.page_token.buffer, "page_token")
        pageToken = check.string(message.page_token, "page_token")
        includeEnded = message.include_ended != 0
    }

    func write(to message: inout Auditrpc__V1__ListTokensRequest, in arena: borrowing Arena) {
        message.organization_id = arena.copy(organizationID)
        message.page_size = pageSize
        message.page_token = arena.copy(pageToken)
        message.include_ended = includeEnded ? 1 : 0
    }
}

extension ListTokensResponse: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.ListTokensResponse" }

    init(_ message: Auditrpc__V1__ListTokensResponse, _ check: inout FieldCheck) {
        tokens = check.list(Token.self, "tokens", message.n_tokens, message.tokens)
        nextPageToken = check.string(message.next_page_token, "next_page_token")
    }

    func write(to message: inout Auditrpc__V1__ListTokensResponse, in arena: borrowing Arena) {
        message.n_tokens = tokens.count
        message.tokens = arena.messages(tokens)
        message.next_page_token = arena.copy(nextPageToken)
    }
}

extension RotateTokenRequest: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.RotateTokenRequest" }

    init(_ message: Auditrpc__V1__RotateTokenRequest, _ check: inout FieldCheck) {
        check.required(message.id.buffer, "id")
        id = check.string(message.id, "id")
        overlap = check.duration(message.overlap, "overlap")
        if let overlap, overlap < .zero || overlap > Limits.tokenOverlapMax {
            check.refuse("overlap", "is not within 0 and 30 days")
        }
    }

    func write(to message: inout Auditrpc__V1__RotateTokenRequest, in arena: borrowing Arena) {
        message.id = arena.copy(id)
        message.overlap = arena.duration(overlap)
    }
}

extension RevokeTokenRequest: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.RevokeTokenRequest" }

    init(_ message: Auditrpc__V1__RevokeTokenRequest, _ check: inout FieldCheck) {
        check.required(message.id.buffer, "id")
        id = check.string(message.id, "id")
        check.text(message.reason.buffer, "reason")
        reason = check.string(message.reason, "reason")
    }

    func write(to message: inout Auditrpc__V1__RevokeTokenRequest, in arena: borrowing Arena) {
        message.id = arena.copy(id)
        message.reason = arena.copy(reason)
    }
}

extension RevokeTokenResponse: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.RevokeTokenResponse" }

    init(_ message: Auditrpc__V1__RevokeTokenResponse, _ check: inout FieldCheck) {
        token = check.optional(Token.self, "token", message.token) ?? Token()
        eventSequence = Sequence(message.event_sequence)
    }

    func write(to message: inout Auditrpc__V1__RevokeTokenResponse, in arena: borrowing Arena) {
        message.token = arena.message(token)
        message.event_sequence = eventSequence.rawValue
    }
}

extension CreateViewerTokenRequest: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.CreateViewerTokenRequest" }

    init(_ message: Auditrpc__V1__CreateViewerTokenRequest, _ check: inout FieldCheck) {
        organizationID = check.organization(message.organization_id)
        filter = check.filter(message.filter)
        lifetime = check.lifetime(message.lifetime, "lifetime", max: Limits.viewerLifetimeMax)
        if filter.valueCount > Limits.viewerFilterValuesMax {
            check.refuse(
                "filter",
                "has \(filter.valueCount) values; a viewer's has \(Limits.viewerFilterValuesMax) at most"
            )
        }
        if filter.scopes.isEmpty, filter.targetIDs.isEmpty {
            check.refuse("filter", "names neither a scope nor a target id")
        }
        if !filter.text.isEmpty || filter.since != nil || filter.until != nil {
            check.refuse("filter", "has a text or times; a viewer's has values only")
        }
    }

    func write(
        to message: inout Auditrpc__V1__CreateViewerTokenRequest, in arena: borrowing Arena
    ) {
        message.organization_id = arena.copy(organizationID)
        message.filter = arena.filter(filter)
        message.lifetime = arena.duration(lifetime)
    }
}

extension CreateViewerTokenResponse: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.CreateViewerTokenResponse" }

    init(_ message: Auditrpc__V1__CreateViewerTokenResponse, _ check: inout FieldCheck) {
        secret = check.string(message.secret, "secret")
        expiresAt = check.timestamp(message.expires_at, "expires_at")
    }

    func write(
        to message: inout Auditrpc__V1__CreateViewerTokenResponse, in arena: borrowing Arena
    ) {
        message.secret = arena.copy(secret)
        message.expires_at = arena.timestamp(expiresAt)
    }
}

extension FieldCheck {
    /// Nil when it is absent, and when it is refused.
    fileprivate mutating func lifetime(
        _ message: UnsafeMutablePointer<Google__Protobuf__Duration>?, _ field: StaticString,
        max: Duration
    ) -> Duration? {
        guard let lifetime = duration(message, field) else { return nil }
        guard lifetime >= .seconds(1), lifetime <= max else {
            refuse(field, "is not within 1 and \(grouped(Int(max.components.seconds))) seconds")
            return nil
        }
        return lifetime
    }
}

extension GetCallerRequest: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.GetCallerRequest" }

    init(_ message: Auditrpc__V1__GetCallerRequest, _ check: inout FieldCheck) {}

    func write(to message: inout Auditrpc__V1__GetCallerRequest, in arena: borrowing Arena) {}
}

extension GetCallerResponse: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.GetCallerResponse" }

    init(_ message: Auditrpc__V1__GetCallerResponse, _ check: inout FieldCheck) {
        credential =
            CredentialType(rawValue: Int32(bitPattern: message.credential.rawValue))
            ?? .unspecified
        id = check.string(message.id, "id")
        name = check.string(message.name, "name")
        // A reader that is older than the server passes over the roles that it does not know.
        roles = UnsafeBufferPointer(start: message.roles, count: message.n_roles).compactMap {
            Role(rawValue: Int32(bitPattern: $0.rawValue))
        }
        organizationIDs = check.strings(
            "organization_ids", message.n_organization_ids, message.organization_ids)
        expiresAt = check.timestamp(message.expires_at, "expires_at")
        bounds = check.optional(EventFilter.self, "bounds", message.bounds)
    }

    func write(to message: inout Auditrpc__V1__GetCallerResponse, in arena: borrowing Arena) {
        message.credential = Auditrpc__V1__CredentialType(
            UInt32(bitPattern: credential.rawValue))
        message.id = arena.copy(id)
        message.name = arena.copy(name)
        message.n_roles = roles.count
        message.roles = arena.array(roles) {
            Auditrpc__V1__Role(UInt32(bitPattern: $0.rawValue))
        }
        message.n_organization_ids = organizationIDs.count
        message.organization_ids = arena.array(organizationIDs) { arena.copy($0) }
        message.expires_at = arena.timestamp(expiresAt)
        message.bounds = bounds.map { arena.message($0) }
    }
}
