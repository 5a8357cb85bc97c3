import AuditModel
import Codec
import HTTPTypes
import Hummingbird
import NIOCore

/// `GET /v1/events/export`: every event that matches, page after page, in one body.
struct ExportRoute: Sendable {
    let calls: ServiceCalls
    let budgets: GatewayBudgets
    let now: @Sendable () -> Timestamp

    func add(to router: Router<GatewayContext>) {
        router.get("/v1/events/export", use: export)
    }

    @Sendable
    private func export(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var parameters = try RequestParameters(request.uri.query)
        let format =
            try parameters.takeWord("format", ["ndjson": ExportFormat.ndjson, "csv": .csv])
            ?? .ndjson
        let (organizationID, filter) = try parameters.takeFilter(now: now())
        var query = QueryRequest(
            organizationID: organizationID, filter: filter,
            order: try parameters.takeOrder() ?? .oldestFirst,
            pageSize: GatewayLimits.exportPageSize)
        // Behind the largest number lies nothing, not even a number.
        let after = try parameters.takeNumber("after_sequence").map {
            Sequence(min($0, .max - 1))
        }
        try parameters.finish()
        // The first page before anything is sent, so that a refusal is an answer of its own.
        guard let place = budgets.exports.take(1) else {
            throw GatewayError.busy("as many exports run as there may be")
        }
        let first = try await begin(&query, after: after, request, context)
        let name = "auditrpc-\(now().rfc3339.prefix(19).replacing(":", with: "")).\(format.suffix)"
        return Response(
            status: .ok,
            headers: [
                .contentType: format.mediaType, .cacheControl: "no-store",
                .contentDisposition: "attachment; filename=\"\(name)\"",
            ],
            body: ResponseBody { [query] writer in
                try await write(first, of: query, format, to: &writer, request, context)
                withExtendedLifetime(place) {}
            })
    }

    private func page(
        _ query: QueryRequest, _ request: Request, _ context: GatewayContext
    ) async throws -> QueryResponse {
        try await calls.unary(.query, query, for: request, context)
    }

    /// The first page. Behind a sequence it is found by the token of one event: its place is moved.
    private func begin(
        _ query: inout QueryRequest, after: Sequence?, _ request: Request,
        _ context: GatewayContext
    ) async throws -> QueryResponse {
        guard let after else { return try await page(query, request, context) }
        var one = query
        one.pageSize = 1
        let probe = try await page(one, request, context)
        let next = query.order == .oldestFirst ? after.next : after.previous
        guard let token = PageToken.moved(probe.nextPageToken, to: next) else {
            // One event or none is all there is.
            var rest = probe
            rest.events.removeAll {
                query.order == .oldestFirst ? $0.sequence <= after : $0.sequence >= after
            }
            return rest
        }
        query.pageToken = token
        return try await page(query, request, context)
    }

    private func write(
        _ first: QueryResponse, of query: QueryRequest, _ format: ExportFormat,
        to writer: inout any ResponseBodyWriter, _ request: Request, _ context: GatewayContext
    ) async throws {
        var export = Export(format: format)
        try await writer.write(ByteBuffer(bytes: export.begin()))
        var (query, response) = (query, first)
        while true {
            let bytes = export.add(response)
            try await send(bytes, to: &writer, context)
            guard !response.nextPageToken.isEmpty else { break }
            query.pageToken = response.nextPageToken
            // Thrown behind the first page, an error cuts the body, which then lacks its last line.
            response = try await page(query, request, context)
        }
        try await writer.write(ByteBuffer(bytes: export.end()))
        try await writer.finish(nil)
    }

    /// Counts among the answers that wait until the client has read it.
    ///
    /// - Throws: RESOURCE_EXHAUSTED when too many wait, which cuts the body.
    private func send(
        _ bytes: [UInt8], to writer: inout any ResponseBodyWriter, _ context: GatewayContext
    ) async throws {
        guard !bytes.isEmpty else { return }
        let hold = try budgets.hold(answer: bytes.count)
        try await context.within(GatewayLimits.answerTime) {
            try await writer.write(ByteBuffer(bytes: bytes))
        }
        withExtendedLifetime(hold) {}
    }
}
