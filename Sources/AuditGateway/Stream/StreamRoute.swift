import AuditModel
import AuditRPC
import Codec
import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle

/// `GET /v1/events/stream`: a subscription as server-sent events.
struct StreamRoute: Sendable {
    let calls: ServiceCalls
    let budgets: GatewayBudgets
    let encodings: SharedEncodings
    let now: @Sendable () -> Timestamp

    func add(to router: Router<GatewayContext>) {
        router.get("/v1/events/stream", use: follow)
    }

    @Sendable
    private func follow(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var parameters = try RequestParameters(request.uri.query)
        let subscription = try parameters.takeSubscription(
            lastEventID: request.headers[Self.lastEventID], now: now())
        try parameters.finish()
        guard let place = budgets.streams.take(1) else {
            throw GatewayError.busy("as many streams are open as there may be")
        }
        let call = try await calls.subscribe(subscription, for: request, context)
        // A refusal is an answer of its own, as long as nothing was said.
        let messages = call.messages.makeAsyncIterator()
        guard let first = try await messages.next() else {
            throw GatewayError(.unavailable, "the feed ended before it began")
        }
        let feed = FeedBody(
            call: call, place: place, messages: messages, first: first, encodings: encodings)
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/event-stream", .cacheControl: "no-store",
                // Proxies that gather answers would hold events back.
                HTTPField.Name("X-Accel-Buffering")!: "no",
            ],
            body: ResponseBody { writer in
                try await request.body.consumeWithInboundCloseHandler { _ in
                    try await feed.write(to: &writer)
                } onInboundClosed: {
                    call.cancel()
                }
            })
    }

    private static let lastEventID = HTTPField.Name("Last-Event-ID")!
}

/// What is sent once the subscription stands.
private struct FeedBody: Sendable {
    let call: ClientCall
    /// Of the streams that may be open.
    let place: ByteBudget.Hold
    let messages: ResponseMessages.AsyncIterator
    let first: [UInt8]
    let encodings: SharedEncodings

    /// Until one end has enough. The client's pace is the service's: nothing is read before the last was taken.
    func write(to writer: inout any ResponseBodyWriter) async throws {
        var next: [UInt8]? = first
        var failure = GatewayError(.unavailable, "the feed ended")
        do {
            try await withGracefulShutdownHandler {
                while let message = next {
                    try await writer.write(try encode(message))
                    next = try await messages.next()
                }
            } onGracefulShutdown: {
                call.cancel()
            }
        } catch let error as RPCError {
            failure = GatewayError(error)
        }
        if Task.isShuttingDownGracefully {
            failure = GatewayError(.unavailable, "the server is shutting down; reconnect")
        }
        // Whoever has closed its end is not there to read it.
        try await writer.write(ByteBuffer(bytes: ServerSentEvents.end(failure)))
        try await writer.finish(nil)
    }

    private func encode(_ message: [UInt8]) throws -> ByteBuffer {
        try encodings.encoded(message) {
            ServerSentEvents.encode(try SubscribeResponse(decoding: $0))
        }
    }
}

extension RequestParameters {
    /// - Parameter lastEventID: what a browser says that it had; goes before the start of the address.
    mutating func takeSubscription(
        lastEventID: String?, now: Timestamp
    ) throws(GatewayError) -> SubscribeRequest {
        let (organizationID, filter) = try takeFilter(now: now)
        let starts: [SubscribeRequest.Start?] = [
            try takeWord("start", ["now": SubscribeRequest.Start.now, "oldest": .oldest]),
            try takeNumber("after_sequence").map { .after(Sequence($0)) },
            try takeTime("since_recorded", now: now).map { .since($0) },
        ]
        let named = starts.compactMap { $0 }
        guard named.count <= 1 else {
            throw .parameter(
                "start", "is given more than once: by start, after_sequence or since_recorded")
        }
        var start = named.first ?? .now
        if let lastEventID {
            guard let sequence = UInt64(lastEventID) else {
                throw .parameter("Last-Event-ID", "is no sequence")
            }
            start = .after(Sequence(sequence))
        }
        return SubscribeRequest(
            organizationID: organizationID, filter: filter, start: start,
            onGap: try takeWord("on_gap", ["continue": OnGap.continue, "fail": .fail])
                ?? .continue,
            progressInterval: try takeDuration("progress"))
    }
}
