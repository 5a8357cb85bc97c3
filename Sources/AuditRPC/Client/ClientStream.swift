import NIOCore

/// Who wants the responses of a call.
protocol ResponseSink: AnyObject, Sendable {
    /// The response headers arrived. An answer that is a status alone has none.
    func receive(initialMetadata: RPCMetadata, on stream: ClientStream)
    /// A message arrived. Valid during the call.
    func receive(message: UnsafeRawBufferPointer, on stream: ClientStream)
    /// The call is over; nothing follows. Nil: OK.
    func end(_ error: RPCError?, trailingMetadata: RPCMetadata, on stream: ClientStream)
    func writable(on stream: ClientStream)
}

/// One call, as the client's event loop sees it.
///
/// @unchecked: made by the calling task and handed to the event loop, which alone touches it from then on.
final class ClientStream: MessageStream, @unchecked Sendable {
    private let sink: any ResponseSink
    private let client: ClientConnection
    private var head = ResponseHead()
    private var hasInitialHead = false
    private(set) var isComplete = false

    init(client: ClientConnection, sink: any ResponseSink) {
        self.sink = sink
        self.client = client
        super.init(connection: client)
    }

    /// Sends the one message of a request, and its end.
    func sendOnly(_ message: [UInt8]) {
        guard !isComplete else { return }
        enqueue(message)
        enqueueEnd()
    }

    /// Ends the call with an error of this side's, and tells the server.
    func fail(_ error: RPCError) {
        guard !isComplete else { return }
        if let connection {
            connection.session.reset(self, code: .cancel)
            connection.setNeedsFlush()
        }
        complete(error)
    }

    private func complete(_ error: RPCError?, trailingMetadata: RPCMetadata = RPCMetadata()) {
        guard !isComplete else { return }
        isComplete = true
        discardInbound()
        sink.end(error, trailingMetadata: trailingMetadata, on: self)
    }

    /// Ends the call with the status of the trailers.
    private func completeWithStatus() {
        complete(error(of: head.status, head), trailingMetadata: head.metadata)
    }

    // MARK: Events

    override var acceptsMessages: Bool { !isComplete }
    override var readsAfterClose: Bool { true }

    override func receiveHeader(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        head.receive(name: name, value: value, listBytesMax: client.limits.headerListBytesMax)
    }

    override func receiveHeadersEnd(_ list: HeaderList, endStream: Bool) {
        if !hasInitialHead {
            if head.isInformational, !endStream {
                head = ResponseHead()
                return
            }
            hasInitialHead = true
            if !endStream { receiveInitialHead() }
        }
        if endStream { receiveEnd() }
    }

    /// A response that cannot be a gRPC one ends the call now: its body would make no sense.
    private func receiveInitialHead() {
        if let status = head.refusal, let error = error(of: status, head) { return fail(error) }
        if head.encoding != .identity { setInboundEncoding(head.encoding) }
        sink.receive(initialMetadata: head.metadata, on: self)
        head = ResponseHead()
    }

    private func error(
        of status: RPCStatus, _ head: ResponseHead = ResponseHead()
    ) -> RPCError? {
        RPCError(
            status, metadata: head.metadata, cause: head.foreignAnswer,
            isPastDeadline: deadline.map { $0 <= .now() } ?? false)
    }

    private var refused: RPCError {
        RPCError(
            .unavailable,
            "the server at \(client.address) refused the call unread: it has enough of them",
            cause: ClientFailure.notProcessed)
    }

    override func receive(message: UnsafeRawBufferPointer) {
        sink.receive(message: message, on: self)
    }

    override func receiveLast() {
        completeWithStatus()
    }

    /// The server is done; what this side had still to say is in vain (PROTOCOL-HTTP2, "Early Server Closure").
    override func peerEnded() {
        guard let connection, !isComplete, !outbound.isFinished || !outbound.isEmpty else { return }
        connection.session.reset(self, code: .noError)
        connection.setNeedsFlush()
    }

    /// A server that failed in the middle of a message says more with its status than the cut does.
    override func receiveCut() {
        if head.code == nil || head.code == .ok {
            super.receiveCut()
        } else {
            completeWithStatus()
        }
    }

    override func refuse(_ status: RPCStatus) {
        fail(RPCError(status.code, status.message))
    }

    override func writable() {
        sink.writable(on: self)
    }

    override func timedOut() {
        fail(.timeout)
    }

    override func streamClosed(code: HTTP2ErrorCode) {
        if wasNotSent || code == .refusedStream && !hasInitialHead {
            // By RFC 9113 §8.7 the server has not begun it; GOAWAY does the same to the streams above its last one.
            complete(client.isOpen ? refused : client.unavailable(isProcessed: false))
        } else if client.isOver {
            complete(client.unavailable(isProcessed: true))
        } else {
            complete(error(of: ResponseHead.status(reset: code)))
        }
    }
}
