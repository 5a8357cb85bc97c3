import AuditRPC
import Codec
import EventStore
import Logging
import NIOCore

/// The gRPC service `auditrpc.v1.Administration`.
struct AdministrationEndpoint: Sendable {
    static let service = "/auditrpc.v1.Administration/"

    let retention: RetentionOffice
    let snapshots: SnapshotOffice
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
        router.addUnary(Self.service + "CreateSnapshot") { message, context in
            do {
                guard context.peerIsLocal else {
                    throw ServiceError(
                        .forbidden,
                        "a snapshot is a folder on the server's machine, so it is made from there: through "
                            + "its loopback address or a Unix socket")
                }
                let time = context.timeRemaining.map { Duration.nanoseconds($0.nanoseconds) }
                return try await create(try AuditLogEndpoint.decode(message), time: time).encoded()
            } catch let error as ServiceError {
                throw RPCError(error)
            }
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

    private func create(
        _ request: CreateSnapshotRequest, time: Duration?
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
        do throws(ServiceError) {
            response.eventSequence = try await events.record(
                SnapshotEvent.event(request.directory, report))
        } catch {
            // The snapshot is there: a full disk is a reason to make one.
            logger.error(
                "the event that tells of a snapshot could not be stored",
                metadata: ["cause": "\(error)"])
        }
        return response
    }
}
