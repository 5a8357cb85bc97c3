import Access
import AuditModel
import AuditRPC
import Codec
import EventStore
import NIOCore
import Subscribe

/// `auditrpc.v1.AuditLog`: binds each method of the contract to the part of the service that does
/// it.
struct AuditLogEndpoint: Sendable {
    let entrance: RecordEntrance
    let feed: Feed<SubscriberReference>
    let store: EventStore
    let reads: ReadPool
    let limits: ServiceLimits
    let tracer: ReadTracer
    /// Answers that hold events are compressed for who takes it.
    let compresses: Bool
    /// What the server says of itself about an organization (empty for all) to whom that reach is given.
    let status: @Sendable (_ organizationID: String, Reach) async -> GetStatusResponse
    let report: @Sendable (ServiceError) -> Void

    /// The full name of the service.
    static let service = "auditrpc.v1.AuditLog"
    private static let prefix = "/\(service)/"

    func register(with router: inout RPCRouter) {
        router.add(Self.prefix + "Record", requests: .one) { [entrance] _ in
            RecordCall(entrance)
        }
        router.add(Self.prefix + "RecordStream", requests: .many) { [entrance] _ in
            RecordStreamCall(entrance)
        }
        let wheels = ProgressWheels()
        router.add(Self.prefix + "Subscribe", requests: .one) {
            [feed, compresses, report, tracer] call in
            if compresses { call.enableCompression() }
            return SubscribeCall(feed: feed, wheels: wheels, tracer: tracer, report: report)
        }
        addRead("Query", as: .query, to: &router, compresses: compresses) {
            [store, limits] message, reader, control throws(ServiceError) in
            var request: QueryRequest = try Self.decode(message)
            request.organizationID = try reader.organization(named: request.organizationID)
            let query = PageQuery(store: store, limits: limits)
            return try query.run(request, within: reader.bounds, control)
        }
        addRead("GetEvent", as: .lookup, to: &router, compresses: compresses) {
            [store, limits] message, reader, control throws(ServiceError) in
            var request: GetEventRequest = try Self.decode(message)
            request.organizationID = try reader.organization(named: request.organizationID)
            let lookup = EventLookup(store: store, limits: limits)
            return try lookup.run(request, within: reader.bounds, control)
        }
        addRead("ListFacets", as: .facets, to: &router) {
            [store, limits] message, reader, control throws(ServiceError) in
            var request: ListFacetsRequest = try Self.decode(message)
            request.organizationID = try reader.organization(named: request.organizationID)
            let facets = FacetCount(store: store, limits: limits)
            return try facets.run(request, within: reader.bounds, control).encoded()
        }
        router.addUnary(Self.prefix + "GetStatus") { [status] message, context in
            do throws(ServiceError) {
                let request: GetStatusRequest = try Self.decode(message)
                let caller = context.origin.caller
                let name = try caller.organizationNamed(by: request.organizationID)
                return await status(name, caller.reach).encoded()
            } catch {
                throw RPCError(error)
            }
        }
    }

    /// A unary method that reads the disk: on the reading threads, within the call's deadline.
    private func addRead(
        _ method: String, as kind: ReadTrace.Kind, to router: inout RPCRouter,
        compresses: Bool = false,
        _ body: @escaping @Sendable ([UInt8], Reader, ReadControl) throws(ServiceError) -> [UInt8]
    ) {
        router.addUnary(Self.prefix + method) { [reads, limits, tracer] message, context in
            if compresses { context.enableCompression() }
            let remaining = context.timeRemaining.map { Duration.nanoseconds($0.nanoseconds) }
            let end = ContinuousClock.now.advanced(by: Self.readTime(remaining, limits))
            let reader = Reader(origin: context.origin, kind: kind, tracer: tracer)
            do {
                return try await reads.run(until: end) { control throws(ServiceError) in
                    try body(message, reader, control)
                }
            } catch let error as ServiceError {
                throw RPCError(error)
            }
        }
    }

    /// Leaves the answer the time to arrive: a read that ends with its client's deadline helps
    /// nobody.
    private static func readTime(_ remaining: Duration?, _ limits: ServiceLimits) -> Duration {
        guard let remaining else { return limits.readTime }
        return min(remaining - min(remaining / 5, .milliseconds(500)), limits.readTime)
    }

    /// A request, with its limits checked.
    static func decode<Request: WireMessage>(
        _ message: [UInt8]
    ) throws(ServiceError) -> Request {
        do throws(CodecError) {
            return try Request(decoding: message)
        } catch {
            throw ServiceError(error)
        }
    }
}

/// Who reads, as far as a read is concerned.
private struct Reader: Sendable {
    let origin: CallOrigin
    let kind: ReadTrace.Kind
    let tracer: ReadTracer

    /// What the caller may see at all; nil for everything.
    var bounds: EventFilter? { origin.caller.bounds }

    /// The organization that a read is about, empty for all of them; that it is read is noted.
    func organization(named name: String) throws(ServiceError) -> String {
        let organizationID = try origin.caller.organizationNamed(by: name)
        tracer.note(kind, of: organizationID, from: origin)
        return organizationID
    }
}
