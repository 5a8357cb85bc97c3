public import Codec
public import Logging
internal import NIOPosix

/// A client of an audit log server: records events, queries the past and follows the present.
///
/// One connection carries any number of calls at once. It is made when a call needs it, and made
/// again after a loss: to the next server, where there are several. A call that failed with the
/// connection, or because its server goes away, is made again as ``RetryPolicy`` says. All calls but those
/// for a snapshot and for the secret of a token are safe to repeat: a record is given ids, by which the server stores
/// it once. Call ``close()`` when done.
///
/// ```swift
/// let client = AuditLogClient(servers: [ServerAddress("127.0.0.1:50051")!])
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
    private let calls: CallRunner

    /// Connects to nothing yet: the first call does.
    ///
    /// - Parameters:
    ///   - servers: of one log, in the order in which they are tried; one at least.
    ///   - logger: hears of losses and of calls that are made again; nil for nobody.
    public init(
        servers: [ServerAddress], configuration: Configuration = Configuration(),
        logger: Logger? = nil
    ) {
        precondition(!servers.isEmpty, "a client has one server at least")
        let logger =
            logger ?? Logger(label: "auditrpc.client") { _ in SwiftLogNoOpLogHandler() }
        let channel = ClientChannel(
            servers: servers, configuration: configuration.connection,
            backoff: configuration.reconnectBackoff,
            group: MultiThreadedEventLoopGroup.singleton, logger: logger)
        calls = CallRunner(
            channel: channel, configuration: configuration, outage: OutageLog(logger: logger))
    }

    /// A client whose connection stands, so that a wrong address is found at once.
    ///
    /// - Throws: see ``connect()``.
    public static func connect(
        to server: ServerAddress, configuration: Configuration = Configuration(),
        logger: Logger? = nil
    ) async throws(AuditClientError) -> AuditLogClient {
        let client = AuditLogClient(
            servers: [server], configuration: configuration, logger: logger)
        try await client.connect()
        return client
    }

    /// In the order in which they are tried.
    public var servers: [ServerAddress] { calls.channel.servers }

    /// Whom calls go to at the moment; nil without a connection.
    public var connectedServer: ServerAddress? { calls.channel.connectedServer }

    /// Returns once a server is reached. Tries each of them once, or for as long as a call may take when
    /// ``Configuration/waitsForReady`` is set.
    ///
    /// - Throws: `.unavailable` or `.timedOut`, with each address and what is wrong there.
    public func connect() async throws(AuditClientError) {
        do throws(CallFailure) {
            try await calls.connect()
        } catch {
            throw error.error
        }
    }

    /// Ends open calls and closes the connection. Calls that follow are refused.
    public func close() async { await calls.channel.close() }

    // MARK: - Record

    /// Stores 1 to 1,000 events, all or none. When it returns, they are on stable storage.
    ///
    /// - Parameters:
    ///   - events: those without an id get one before they are sent.
    ///   - organizationID: of the events that name none.
    /// - Returns: one result for each event, in order. A `duplicate` was there before the attempt that
    ///   was answered: an event that came with an id may be there because of an attempt before.
    @discardableResult
    public func record(
        _ events: [Event], organizationID: String = ""
    ) async throws(AuditClientError) -> [RecordResult] {
        try await record(RecordRequest(organizationID: organizationID, events: events)).results
    }

    /// As ``record(_:organizationID:)``; with `partialSuccess`, a result may hold the error of
    /// its event instead.
    public func record(_ request: RecordRequest) async throws(AuditClientError) -> RecordResponse {
        let answer: CallRunner.Answer<RecordResponse> = try await calls.unary(
            .record, request.withIDs())
        var response = answer.response
        if answer.wasRepeated {
            response.results = response.results.afterRepetition(
                of: request.indicesWithoutID)
        }
        return response
    }

    /// For any number of events: batches on their way at once, sent again after a loss.
    public func upload(organizationID: String = "") -> RecordUpload {
        RecordUpload(calls: calls, organizationID: organizationID)
    }

    // MARK: - Read

    /// One page of the events that match.
    public func query(_ request: QueryRequest) async throws(AuditClientError) -> QueryResponse {
        try await calls.unary(.query, request).response
    }

    /// The pages of a query, each asked for when it is needed; from the request's token on.
    public func pages(matching request: QueryRequest) -> QueryPages {
        QueryPages(client: self, request: request)
    }

    /// Every event of a query, over all its pages.
    public func events(matching request: QueryRequest) -> QueryEvents {
        QueryEvents(pages: pages(matching: request))
    }

    /// One event, the previous one of the same target, and how their snapshots differ.
    public func getEvent(
        _ request: GetEventRequest
    ) async throws(AuditClientError) -> GetEventResponse {
        try await calls.unary(.getEvent, request).response
    }

    /// The distinct values of one field among the events that match, with counts.
    public func listFacets(
        _ request: ListFacetsRequest
    ) async throws(AuditClientError) -> ListFacetsResponse {
        try await calls.unary(.listFacets, request).response
    }

    /// How many of the events that match happened in each of equal spans of time, also by the values of one
    /// field.
    public func histogram(
        _ request: HistogramRequest
    ) async throws(AuditClientError) -> HistogramResponse {
        try await calls.unary(.histogram, request).response
    }

    /// What the server takes this client for, by its credential.
    public func getCaller(
        _ request: GetCallerRequest = GetCallerRequest()
    ) async throws(AuditClientError) -> GetCallerResponse {
        try await calls.unary(.getCaller, request).response
    }

    /// What the server holds.
    public func getStatus(
        _ request: GetStatusRequest = GetStatusRequest()
    ) async throws(AuditClientError) -> GetStatusResponse {
        try await calls.unary(.getStatus, request).response
    }

    // MARK: - Administer

    /// What holds for one organization, or by default.
    public func getRetention(
        _ request: GetRetentionRequest
    ) async throws(AuditClientError) -> GetRetentionResponse {
        try await calls.unary(.getRetention, request).response
    }

    /// One page of the default policy and of the organizations that have a policy or a hold of their own.
    public func listRetention(
        _ request: ListRetentionRequest
    ) async throws(AuditClientError) -> ListRetentionResponse {
        try await calls.unary(.listRetention, request).response
    }

    /// Changes a policy or a legal hold. When it returns, the change is on stable storage and in force;
    /// made twice it is the same change, and one event tells of it.
    public func setRetention(
        _ request: SetRetentionRequest
    ) async throws(AuditClientError) -> SetRetentionResponse {
        try await calls.unary(.setRetention, request).response
    }

    /// Makes a snapshot of the log in a folder of the server's machine. When it returns, the snapshot is on
    /// stable storage. Never made again by itself; for a large log on another disk, give it time
    /// (``Configuration/callTimeout``).
    public func createSnapshot(
        _ request: CreateSnapshotRequest
    ) async throws(AuditClientError) -> CreateSnapshotResponse {
        try await calls.unary(.createSnapshot, request).response
    }

    /// Makes an API token. Never made again by itself, since its secret is shown once.
    public func createToken(
        _ request: CreateTokenRequest
    ) async throws(AuditClientError) -> TokenSecretResponse {
        try await calls.unary(.createToken, request).response
    }

    /// One page of the tokens of an organization.
    public func listTokens(
        _ request: ListTokensRequest
    ) async throws(AuditClientError) -> ListTokensResponse {
        try await calls.unary(.listTokens, request).response
    }

    /// Gives a token a new secret. Never made again by itself, since the secret is shown once.
    public func rotateToken(
        _ request: RotateTokenRequest
    ) async throws(AuditClientError) -> TokenSecretResponse {
        try await calls.unary(.rotateToken, request).response
    }

    /// Ends a token at once, and the calls that were begun with it.
    public func revokeToken(
        _ request: RevokeTokenRequest
    ) async throws(AuditClientError) -> RevokeTokenResponse {
        try await calls.unary(.revokeToken, request).response
    }

    /// Makes a token that lets see what one filter lets pass, for minutes: for a page.
    public func createViewerToken(
        _ request: CreateViewerTokenRequest
    ) async throws(AuditClientError) -> CreateViewerTokenResponse {
        try await calls.unary(.createViewerToken, request).response
    }

    /// Changes what an organization or the holder of a token may take. When it returns, the change is on stable storage
    /// and in force; made twice it is the same change, and one event tells of it.
    public func setQuota(
        _ request: SetQuotaRequest
    ) async throws(AuditClientError) -> SetQuotaResponse {
        try await calls.unary(.setQuota, request).response
    }

    /// One page of the quotas of an organization and its tokens, or of all.
    public func listQuotas(
        _ request: ListQuotasRequest
    ) async throws(AuditClientError) -> ListQuotasResponse {
        try await calls.unary(.listQuotas, request).response
    }

    // MARK: - Follow

    /// Every matching event after the request's start, once, in order, without end, over any number
    /// of connections. Each reader of the feed begins at that start.
    public func follow(_ request: SubscribeRequest) -> EventFeed {
        EventFeed(calls: calls, request: request)
    }

    /// - Parameter silenceMax: how long nothing may come; instead of what suits the request.
    package func follow(_ request: SubscribeRequest, silenceMax: Duration) -> EventFeed {
        EventFeed(calls: calls, request: request, silenceMax: silenceMax)
    }

    /// One Subscribe call, which ends with its connection.
    package func subscribe(
        _ request: SubscribeRequest
    ) async throws(AuditClientError) -> Subscription {
        do throws(CallFailure) {
            return try await calls.subscribe(request)
        } catch {
            throw error.error
        }
    }
}
