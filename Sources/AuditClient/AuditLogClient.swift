internal import AuditRPC
public import Codec
public import Logging
internal import NIOCore
internal import NIOPosix

/// A client of an audit log server: records events, queries the past and follows the present.
///
/// One connection carries any number of calls at once; it is made again by the first call after a
/// loss. No call is repeated by itself: a record is safe to repeat when its events have ids. Call
/// ``close()`` when done.
///
/// ```swift
/// let client = try await AuditLogClient.connect(to: ServerAddress("127.0.0.1:50051")!)
/// let event = Event(
///     eventType: "CREATE", target: Event.Target(type: "SERVICE", id: "web"),
///     actor: Event.Actor(type: .user, id: "ada"))
/// try await client.record([event], organizationID: "acme")
/// for try await event in client.events(matching: QueryRequest(organizationID: "acme")) {
///     print(event.change)
/// }
/// await client.close()
/// ```
public final class AuditLogClient: Sendable {
    public struct Configuration: Sendable {
        /// For each unary call; nil for no limit.
        public var callTimeout: Duration?
        /// For a new connection.
        public var connectTimeout: Duration

        public init(
            callTimeout: Duration? = .seconds(30), connectTimeout: Duration = .seconds(10)
        ) {
            self.callTimeout = callTimeout
            self.connectTimeout = connectTimeout
        }
    }

    public var address: ServerAddress { connection.address }

    private let connection: Connection
    private let configuration: Configuration

    private init(connection: Connection, configuration: Configuration) {
        self.connection = connection
        self.configuration = configuration
    }

    /// Connects, so that a wrong address is found at once.
    ///
    /// - Parameter logger: for faults of the connection; nil for none.
    /// - Throws: `.unavailable` with the address and the reason.
    public static func connect(
        to address: ServerAddress, configuration: Configuration = Configuration(),
        logger: Logger? = nil
    ) async throws(AuditClientError) -> AuditLogClient {
        let silent = Logger(label: "auditrpc.client") { _ in SwiftLogNoOpLogHandler() }
        let connection = Connection(
            address: address, group: MultiThreadedEventLoopGroup.singleton,
            connectTimeout: configuration.connectTimeout, logger: logger ?? silent)
        _ = try await connection.ready()
        return AuditLogClient(connection: connection, configuration: configuration)
    }

    /// Ends open calls with `.unavailable` and closes the connection.
    public func close() async { await connection.close() }

    // MARK: - Record

    /// Stores 1 to 1,000 events, all or none. When it returns, they are on stable storage.
    ///
    /// - Parameter organizationID: of the events that name none.
    /// - Returns: one result for each event, in order.
    @discardableResult
    public func record(
        _ events: [Event], organizationID: String = ""
    ) async throws(AuditClientError) -> [RecordResult] {
        try await record(RecordRequest(organizationID: organizationID, events: events)).results
    }

    /// As ``record(_:organizationID:)``; with `partialSuccess`, a result may hold the error of
    /// its event instead.
    public func record(_ request: RecordRequest) async throws(AuditClientError) -> RecordResponse {
        try await unary("Record", request)
    }

    /// Requests pipelined over one call: many may be on their way before the first is answered.
    public func recordStream() async throws(AuditClientError) -> RecordStream {
        RecordStream(try await call("RecordStream"))
    }

    // MARK: - Read

    /// One page of the events that match.
    public func query(_ request: QueryRequest) async throws(AuditClientError) -> QueryResponse {
        try await unary("Query", request)
    }

    /// The pages of a query, each asked for when it is needed; from the request's token on.
    public func pages(matching request: QueryRequest) -> QueryPages {
        QueryPages(client: self, request: request)
    }

    /// Every event of a query, over all its pages.
    public func events(matching request: QueryRequest) -> QueryEvents {
        QueryEvents(pages: pages(matching: request))
    }

    /// Every matching event after the request's start, once, in order, without end. Ends by an
    /// error only; go on from the last sequence seen.
    public func subscribe(
        _ request: SubscribeRequest
    ) async throws(AuditClientError) -> Subscription {
        let call = try await call("Subscribe")
        try await call.write(request)
        call.finishWriting()
        return Subscription(call)
    }

    /// One event, the previous one of the same target, and how their snapshots differ.
    public func getEvent(
        _ request: GetEventRequest
    ) async throws(AuditClientError) -> GetEventResponse {
        try await unary("GetEvent", request)
    }

    /// The distinct values of one field among the events that match, with counts.
    public func listFacets(
        _ request: ListFacetsRequest
    ) async throws(AuditClientError) -> ListFacetsResponse {
        try await unary("ListFacets", request)
    }

    /// What the server holds.
    public func getStatus() async throws(AuditClientError) -> GetStatusResponse {
        try await unary("GetStatus", GetStatusRequest())
    }

    // MARK: - Calls

    private func unary<Request: WireMessage, Response: WireMessage>(
        _ method: String, _ request: Request
    ) async throws(AuditClientError) -> Response {
        let ready = try await connection.ready()
        let bytes: [UInt8]
        do throws(RPCError) {
            bytes = try await ready.unary(
                Self.path(method), request.encoded(),
                options: CallOptions(timeout: configuration.callTimeout.map(TimeAmount.init)))
        } catch {
            throw AuditClientError(error, address: address)
        }
        return try Response(answer: bytes, address: address)
    }

    private func call(_ method: String) async throws(AuditClientError) -> StreamingCall {
        let ready = try await connection.ready()
        return StreamingCall(ready.call(Self.path(method)), address: address)
    }

    private static func path(_ method: String) -> String { "/auditrpc.v1.AuditLog/\(method)" }
}
