import AuditModel
import Codec
import Hummingbird

/// The methods of the log that answer once; each is a call of the service in other words.
struct LogRoutes: Sendable {
    let calls: ServiceCalls
    let budgets: GatewayBudgets
    let now: @Sendable () -> Timestamp

    private var bodies: BodyReader { BodyReader(calls: calls, budgets: budgets) }

    func add(to router: Router<GatewayContext>) {
        router.post("/v1/events", use: record)
        router.get("/v1/events", use: query)
        router.get("/v1/events/:key", use: getEvent)
        router.get("/v1/facets/:field", use: listFacets)
        router.get("/v1/histogram", use: histogram)
        router.get("/v1/status", use: getStatus)
        router.get("/v1/whoami", use: getCaller)
    }

    @Sendable
    private func record(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try RequestParameters(request.uri.query).finish()
        let record = try RecordRequest(json: try await bodies.json(of: request, context))
        let answer: RecordResponse = try await calls.unary(.record, record, for: request, context)
        return try budgets.answer(answer.json(), context)
    }

    @Sendable
    private func query(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var parameters = try RequestParameters(request.uri.query)
        let (organizationID, filter) = try parameters.takeFilter(now: now())
        let query = QueryRequest(
            organizationID: organizationID, filter: filter,
            order: try parameters.takeOrder() ?? .newestFirst,
            pageSize: try parameters.takeCount("page_size"),
            pageToken: try parameters.takeOne("page_token") ?? "")
        try parameters.finish()
        let answer: QueryResponse = try await calls.unary(.query, query, for: request, context)
        return try budgets.answer(answer.json(), context)
    }

    @Sendable
    private func getEvent(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var parameters = try RequestParameters(request.uri.query)
        let organizationID = try parameters.takeOne("organization_id") ?? ""
        try parameters.finish()
        let key = try Self.key(try context.parameters.require("key"))
        let answer: GetEventResponse = try await calls.unary(
            .getEvent, GetEventRequest(organizationID: organizationID, key: key), for: request,
            context)
        return try budgets.answer(answer.json(), context)
    }

    private static func key(_ text: String) throws(GatewayError) -> GetEventRequest.Key {
        if let number = UInt64(text) { return .sequence(Sequence(number)) }
        if let id = EventID(text) { return .id(id) }
        throw .parameter("key", "'\(text.prefix(100))' is neither an id (a UUID) nor a sequence")
    }

    @Sendable
    private func listFacets(
        _ request: Request, _ context: GatewayContext
    ) async throws -> Response {
        let field = try RequestParameters.facetField(
            try context.parameters.require("field"), of: "field")
        var parameters = try RequestParameters(request.uri.query)
        let (organizationID, filter) = try parameters.takeFilter(now: now())
        let limit = try parameters.takeCount("limit")
        try parameters.finish()
        let answer: ListFacetsResponse = try await calls.unary(
            .listFacets,
            ListFacetsRequest(
                organizationID: organizationID, field: field, filter: filter, limit: limit),
            for: request, context)
        return try budgets.answer(answer.json(), context)
    }

    @Sendable
    private func histogram(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var parameters = try RequestParameters(request.uri.query)
        let (organizationID, filter) = try parameters.takeFilter(now: now())
        let histogram = HistogramRequest(
            organizationID: organizationID, filter: filter,
            bucket: try parameters.takeDuration("bucket"),
            buckets: try parameters.takeCount("buckets"),
            splitBy: try parameters.takeFacetField("split_by") ?? .unspecified,
            limit: try parameters.takeCount("limit"))
        try parameters.finish()
        let answer: HistogramResponse = try await calls.unary(
            .histogram, histogram, for: request, context)
        return try budgets.answer(answer.json(), context)
    }

    @Sendable
    private func getCaller(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try RequestParameters(request.uri.query).finish()
        let answer: GetCallerResponse = try await calls.unary(
            .getCaller, GetCallerRequest(), for: request, context)
        return try budgets.answer(answer.json(), context)
    }

    @Sendable
    private func getStatus(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var parameters = try RequestParameters(request.uri.query)
        let organizationID = try parameters.takeOne("organization_id") ?? ""
        try parameters.finish()
        let answer: GetStatusResponse = try await calls.unary(
            .getStatus, GetStatusRequest(organizationID: organizationID), for: request, context)
        return try budgets.answer(answer.json(), context)
    }
}

extension RequestParameters {
    mutating func takeOrder() throws(GatewayError) -> Order? {
        try takeWord("order", ["newest": Order.newestFirst, "oldest": .oldestFirst])
    }
}
