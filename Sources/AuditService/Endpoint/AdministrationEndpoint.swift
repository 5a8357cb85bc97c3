import AuditRPC
import Codec
import Logging

/// The gRPC service `auditrpc.v1.Administration`.
struct AdministrationEndpoint: Sendable {
    static let service = "/auditrpc.v1.Administration/"

    let retention: RetentionOffice
    let reads: ReadPool
    let events: ServerEvents
    let limits: ServiceLimits
    let logger: Logger

    func register(with router: inout RPCRouter) {
        add("GetRetention", to: &router) { (request: GetRetentionRequest) in
            retention.get(request)
        }
        add("ListRetention", to: &router) { (request: ListRetentionRequest) in
            retention.policies.page(request)
        }
        add("SetRetention", to: &router) { (request: SetRetentionRequest) in
            try await set(request)
        }
    }

    private func add<Request: WireMessage, Response: WireMessage>(
        _ method: String, to router: inout RPCRouter,
        _ body: @escaping @Sendable (Request) async throws -> Response
    ) {
        router.addUnary(Self.service + method) { message, _ in
            do {
                return try await body(try AuditLogEndpoint.decode(message)).encoded()
            } catch let error as ServiceError {
                throw RPCError(error)
            }
        }
    }

    private func set(_ request: SetRetentionRequest) async throws -> SetRetentionResponse {
        var response = try await reads.run(until: .now.advanced(by: limits.readTime)) {
            [retention] _ throws(ServiceError) in try retention.set(request)
        }
        guard !request.dryRun, response.before != response.after else { return response }
        logger.notice(
            "retention changed",
            metadata: [
                "organization": "\(request.organizationID)",
                "before": "\(RetentionEvent.text(response.before))",
                "after": "\(RetentionEvent.text(response.after))",
            ])
        do throws(ServiceError) {
            response.eventSequence = try await events.record(
                RetentionEvent.event(request, response))
        } catch {
            // A shorter retention is what frees a full disk: it must not fail because its event does.
            logger.error(
                "the event that tells of a change of retention could not be stored",
                metadata: ["cause": "\(error)"])
        }
        return response
    }
}
