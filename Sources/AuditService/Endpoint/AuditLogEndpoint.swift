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
        router.add(Self.prefix + "Subscribe", requests: .one) { [feed, compresses, report] call in
            if compresses { call.enableCompression() }
            return SubscribeCall(feed: feed, wheels: wheels, report: report)
        }
        addRead("Query", to: &router, compresses: compresses) {
            [store, limits] message, caller, control throws(ServiceError) in
            var request: QueryRequest = try Self.decode(message)
            request.organizationID = try caller.organizationNamed(by: request.organizationID)
            let query = PageQuery(store: store, limits: limits)
            return try query.run(request, within: caller.bounds, control)
        }
        addRead("GetEvent", to: &router, compresses: compresses) {
            [store, limits] message, caller, control throws(ServiceError) in
            var request: GetEventRequest = try Self.decode(message)
            request.organizationID = try caller.organizationNamed(by: request.organizationID)
            let lookup = EventLookup(store: store, limits: limits)
            return try lookup.run(request, within: caller.bounds, control)
        }
        addRead("ListFacets", to: &router) {
            [store, limits] message, caller, control throws(ServiceError) in
            var request: ListFacetsRequest = try Self.decode(message)
            request.organizationID = try caller.organizationNamed(by: request.organizationID)
            let facets = FacetCount(store: store, limits: limits)
            return try facets.run(request, within: caller.bounds, control).encoded()
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
        _ method: String, to router: inout RPCRouter, compresses: Bool = false,
        _ body: @escaping @Sendable ([UInt8], Caller, ReadControl) throws(ServiceError) -> [UInt8]
    ) {
        router.addUnary(Self.prefix + method) { [reads, limits] message, context in
            if compresses { context.enableCompression() }
            let remaining = context.timeRemaining.map { Duration.nanoseconds($0.nanoseconds) }
            let end = ContinuousClock.now.advanced(by: Self.readTime(remaining, limits))
            let caller = context.origin.caller
            do {
                return try await reads.run(until: end) { control throws(ServiceError) in
                    try body(message, caller, control)
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
