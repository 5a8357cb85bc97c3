import Access
import AuditModel
import AuditRPC
import Codec
import EventStore
import Logging
import NIOCore

/// The gRPC service `auditrpc.v1.Administration`.
struct AdministrationEndpoint: Sendable {
    static let service = "/auditrpc.v1.Administration/"

    let retention: RetentionOffice
    let tokens: TokenOffice
    let quotas: QuotaOffice
    let snapshots: SnapshotOffice
    let reads: ReadPool
    let events: ServerEvents
    /// Ends the calls of credentials that are no good any more, soon.
    let endCalls: @Sendable () -> Void
    let limits: ServiceLimits
    let logger: Logger

    func register(with router: inout RPCRouter) {
        add("GetRetention", to: &router) { (request: GetRetentionRequest, origin) in
            var request = request
            request.organizationID = try origin.caller.organizationNamed(by: request.organizationID)
            let named = request
            return try await waiting { [retention] () throws(ServiceError) in
                try retention.get(named)
            }
        }
        add("ListRetention", to: &router) { (request: ListRetentionRequest, origin) in
            retention.list(request, in: origin.caller.reach)
        }
        add("SetRetention", to: &router) { (request: SetRetentionRequest, origin) in
            try await set(request, origin)
        }
        registerTokens(with: &router)
        registerQuotas(with: &router)
        router.addUnary(Self.service + "CreateSnapshot") { message, context in
            do {
                guard context.peerIsLocal else {
                    throw ServiceError(
                        .forbidden,
                        "a snapshot is a folder on the server's machine, so it is made from there: through "
                            + "its loopback address or a Unix socket")
                }
                let time = context.timeRemaining.map { Duration.nanoseconds($0.nanoseconds) }
                return try await create(
                    try AuditLogEndpoint.decode(message), time: time, context.origin
                ).encoded()
            } catch let error as ServiceError {
                throw RPCError(error)
            }
        }
    }

    func add<Request: WireMessage, Response: WireMessage>(
        _ method: String, to router: inout RPCRouter,
        _ body: @escaping @Sendable (Request, CallOrigin) async throws -> Response
    ) {
        router.addUnary(Self.service + method) { message, context in
            do {
                let request: Request = try AuditLogEndpoint.decode(message)
                return try await body(request, context.origin).encoded()
            } catch let error as ServiceError {
                throw RPCError(error)
            }
        }
    }

    /// On a thread that may wait for the disk.
    func waiting<Result: Sendable>(
        _ body: @escaping @Sendable () throws(ServiceError) -> Result
    ) async throws -> Result {
        try await reads.run(until: .now.advanced(by: limits.readTime)) { _ throws(ServiceError) in
            try body()
        }
    }

    /// Records what was done. Zero when that could not be stored: it is done all the same, and the log says so.
    func tell(of event: Event, from origin: CallOrigin) async -> Sequence {
        do throws(ServiceError) {
            return try await events.record(event, from: origin)
        } catch {
            logger.error(
                "an event of the administration could not be stored",
                metadata: ["event": "\(event.eventType)", "cause": "\(error)"])
            return .zero
        }
    }

    private func set(
        _ request: SetRetentionRequest, _ origin: CallOrigin
    ) async throws -> SetRetentionResponse {
        var request = request
        request.organizationID = try origin.caller.organizationNamed(by: request.organizationID)
        let named = request
        var response = try await waiting { [retention] () throws(ServiceError) in
            try retention.set(named)
        }
        guard !request.dryRun, response.before != response.after else { return response }
        logger.notice(
            "retention changed",
            metadata: [
                "organization": "\(request.organizationID)",
                "before": "\(RetentionEvent.text(response.before))",
                "after": "\(RetentionEvent.text(response.after))",
            ])
        // A shorter retention is what frees a full disk: it must not fail because its event does.
        response.eventSequence = await tell(
            of: RetentionEvent.event(request, response, by: origin.caller), from: origin)
        return response
    }

    private func create(
        _ request: CreateSnapshotRequest, time: Duration?, _ origin: CallOrigin
    ) async throws -> CreateSnapshotResponse {
        let report = try await snapshots.create(request.directory, time: time)
        logger.notice(
            "a snapshot was made",
            metadata: [
                "folder": "\(request.directory)", "head": "\(report.head)",
                "events": "\(report.events)", "files": "\(report.files)",
                "bytes": "\(report.bytes)", "linked": "\(report.linkedFiles)",
                "copied": "\(report.copiedFiles)",
            ])
        var response = CreateSnapshotResponse(
            createdAt: report.createdAt, firstSequence: report.first, headSequence: report.head,
            eventCount: UInt64(report.events), fileCount: UInt32(clamping: report.files),
            fileBytes: UInt64(report.bytes), linkedFiles: UInt32(clamping: report.linkedFiles),
            copiedFiles: UInt32(clamping: report.copiedFiles))
        // The snapshot is there: a full disk is a reason to make one.
        response.eventSequence = await tell(
            of: SnapshotEvent.event(request.directory, report, by: origin.caller), from: origin)
        return response
    }
}
