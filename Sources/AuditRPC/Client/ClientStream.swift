import NIOCore

/// Who wants the responses of a call.
protocol ResponseSink: AnyObject, Sendable {
    /// A message arrived. Valid during the call.
    func receive(message: UnsafeRawBufferPointer, on stream: ClientStream)
    /// The call is over; nothing follows. Nil: OK.
    func end(_ error: RPCError?, on stream: ClientStream)
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

    /// Ends the call with an error of this side's, and tells the server.
    func fail(_ error: RPCError) {
        guard !isComplete else { return }
        if let connection {
            connection.session.reset(self, code: .cancel)
            connection.setNeedsFlush()
        }
        complete(error)
    }

    private func complete(_ error: RPCError?) {
        guard !isComplete else { return }
        isComplete = true
        discardInbound()
        sink.end(error, on: self)
    }

    // MARK: Events

    override var acceptsMessages: Bool { !isComplete }
    override var readsAfterClose: Bool { true }

    override func receiveHeader(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        head.receive(name: name, value: value)
    }

    override func receiveHeadersEnd(_ list: HeaderList, endStream: Bool) {
        if !hasInitialHead {
            if head.isInformational, !endStream {
                head = ResponseHead()
                return
            }
            hasInitialHead = true
            if let error = initialError(endStream: endStream) { return fail(error) }
            if !endStream { head = ResponseHead() }
        }
        if endStream { receiveEnd() }
    }

    /// A response that cannot be a gRPC one ends the call now: its body would make no sense.
    private func initialError(endStream: Bool) -> RPCError? {
        if head.code == nil, head.httpStatus != 200 { return error(of: head) }
        if head.code == nil, !head.isGRPC {
            return RPCError(.unknown, "the server's answer is not of type application/grpc")
        }
        if let encoding = head.unknownEncoding {
            return RPCError(.internal, "the server answered in the encoding \(encoding)")
        }
        return nil
    }

    private func error(of head: ResponseHead) -> RPCError? {
        let status = head.status
        guard !status.isOK else { return nil }
        return RPCError(
            status.code, status.message, details: status.details, metadata: head.metadata)
    }

    override func receive(message: UnsafeRawBufferPointer) {
        sink.receive(message: message, on: self)
    }

    override func receiveLast() {
        complete(error(of: head))
    }

    override func refuse(_ status: RPCStatus) {
        fail(RPCError(status.code, status.message))
    }

    override func writable() {
        sink.writable(on: self)
    }

    override func timedOut() {
        fail(RPCError(.deadlineExceeded, "the call took longer than its timeout"))
    }

    override func streamClosed(code: HTTP2ErrorCode) {
        if client.context == nil || !hasInitialHead && code == .refusedStream && !client.isOpen {
            complete(client.unavailable())
        } else if code == .cancel, let deadline, deadline <= .now() {
            complete(RPCError(.deadlineExceeded, "the call took longer than its timeout"))
        } else {
            let status = ResponseHead.status(reset: code)
            complete(RPCError(status.code, status.message))
        }
    }
}
