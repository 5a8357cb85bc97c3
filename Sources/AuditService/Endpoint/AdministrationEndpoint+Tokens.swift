import Access
import AuditModel
import AuditRPC
import Codec
import Logging

/// The methods for API tokens and viewer tokens.
extension AdministrationEndpoint {
    func registerTokens(with router: inout RPCRouter) {
        add("CreateToken", to: &router) { (request: CreateTokenRequest, origin) in
            var response = try await waiting { [tokens] () throws(ServiceError) in
                try tokens.create(request, by: origin.caller, now: .now)
            }
            response.eventSequence = await tell(.created, response.token, from: origin)
            return response
        }
        add("ListTokens", to: &router) { (request: ListTokensRequest, origin) in
            try tokens.list(request, by: origin.caller, now: .now)
        }
        add("RotateToken", to: &router) { (request: RotateTokenRequest, origin) in
            var response = try await waiting { [tokens] () throws(ServiceError) in
                try tokens.rotate(request, by: origin.caller, now: .now)
            }
            response.eventSequence = await tell(.rotated, response.token, from: origin)
            endCalls()
            return response
        }
        add("RevokeToken", to: &router) { (request: RevokeTokenRequest, origin) in
            let (token, hasChanged) = try await waiting { [tokens] () throws(ServiceError) in
                try tokens.revoke(request, by: origin.caller, now: .now)
            }
            var response = RevokeTokenResponse(token: token)
            guard hasChanged else { return response }
            endCalls()
            response.eventSequence = await tell(
                .revoked, token, from: origin, reason: request.reason)
            return response
        }
        add("CreateViewerToken", to: &router) { (request: CreateViewerTokenRequest, origin) in
            try tokens.viewer(request, by: origin.caller, now: .now)
        }
    }

    private func tell(
        _ kind: TokenEvent.Kind, _ token: Token, from origin: CallOrigin, reason: String = ""
    ) async -> Sequence {
        logger.notice(
            "an API token changed",
            metadata: [
                "change": "\(kind.rawValue)", "token": "\(token.id)", "name": "\(token.name)",
                "organization": "\(token.organizationID)",
            ])
        return await tell(
            of: TokenEvent.event(kind, token, by: origin.caller, reason: reason), from: origin)
    }
}
