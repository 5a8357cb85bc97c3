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
    let sequences: SequenceBook
    let reads: ReadPool
    let limits: ServiceLimits
    let tracer: ReadTracer
    /// Answers that hold events are compressed for who takes it.
    let compresses: Bool
    /// What the server says of itself about an organization (empty for all) to whom that reach is given.
    let status: @Sendable (_ organizationID: String, Reach) async throws -> GetStatusResponse
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
        addRead("Query", as: .query, of: \QueryRequest.organizationID, to: &router) {
            [store, sequences, limits] request, bounds, control throws(ServiceError) in
            try PageQuery(store: store, sequences: sequences, limits: limits).run(
                request, within: bounds, control)
        }
        addRead("GetEvent", as: .lookup, of: \GetEventRequest.organizationID, to: &router) {
            [store, sequences, limits] request, bounds, control throws(ServiceError) in
            try EventLookup(store: store, sequences: sequences, limits: limits).run(
                request, within: bounds, control)
        }
        addRead(
            "ListFacets", as: .facets, of: \ListFacetsRequest.organizationID, to: &router,
            holdsEvents: false
        ) { [store, sequences, limits] request, bounds, control throws(ServiceError) in
            try FacetCount(store: store, sequences: sequences, limits: limits).run(
                request, within: bounds, control
            )
            .encoded()
        }
        addRead(
            "Histogram", as: .histogram, of: \HistogramRequest.organizationID, to: &router,
            holdsEvents: false
        ) { [store, sequences, limits] request, bounds, control throws(ServiceError) in
            try HistogramCount(store: store, sequences: sequences, limits: limits)
                .run(request, within: bounds, now: .now, control).encoded()
        }
        router.addUnary(Self.prefix + "GetCaller") { message, context in
            do throws(ServiceError) {
                let _: GetCallerRequest = try Self.decode(message)
                return GetCallerResponse(context.origin.caller).encoded()
            } catch {
                throw RPCError(error)
            }
        }
        router.addUnary(Self.prefix + "GetStatus") { [status] message, context in
            do {
                let request: GetStatusRequest = try Self.decode(message)
                let caller = context.origin.caller
                let name = try caller.organizationNamed(by: request.organizationID)
                return try await status(name, caller.reach).encoded()
            } catch let error as ServiceError {
                throw RPCError(error)
            }
        }
    }

    /// A unary method that reads the disk: on the reading threads, within the call's deadline and its caller's quotas.
    ///
    /// - Parameters:
    ///   - organization: the field that names what is read.
    ///   - holdsEvents: the answer may be large.
    ///   - body: reads within the bounds of what the caller may see at all.
    private func addRead<Request: WireMessage>(
        _ method: String, as kind: ReadTrace.Kind,
        of organization: any WritableKeyPath<Request, String> & Sendable,
        to router: inout RPCRouter,
        holdsEvents: Bool = true,
        _ body:
            @escaping @Sendable (Request, EventFilter?, ReadControl) throws(ServiceError) -> [UInt8]
    ) {
        let compresses = compresses && holdsEvents
        router.addUnary(Self.prefix + method) { [reads, limits, tracer] message, context in
            if compresses { context.enableCompression() }
            let remaining = context.timeRemaining.map { Duration.nanoseconds($0.nanoseconds) }
            let end = ContinuousClock.now.advanced(by: Self.readTime(remaining, limits))
            let origin = context.origin
            do {
                var request: Request = try Self.decode(message)
                let name = try origin.caller.organizationNamed(by: request[keyPath: organization])
                request[keyPath: organization] = name
                try origin.refuseReadOverQuota(of: name)
                tracer.note(kind, of: name, from: origin)
                let named = request
                return try await reads.run(until: end) { control throws(ServiceError) in
                    try origin.measuringRead(of: name) { () throws(ServiceError) in
                        try body(named, origin.caller.bounds, control)
                    }
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

extension GetCallerResponse {
    /// What the caller is taken for, in his own words.
    init(_ caller: Caller) {
        self.init(
            credential: caller.identity.credential, id: caller.identity.id,
            name: caller.identity.credential == .jwt
                ? caller.identity.displayName : caller.identity.name,
            roles: Role.allCases.filter { $0 != .unspecified && caller.roles.contains(Roles($0)) },
            organizationIDs: caller.reach.names, expiresAt: caller.expiresAt,
            bounds: caller.bounds)
    }
}
