import Logging
import NIOCore

/// One call, as the server sees it. Belongs to the event loop of its connection.
///
/// It outlives its connection while somebody holds a reference to it; then all that it is told is ignored.
package final class ServerCall: MessageStream {
    private var head = RequestHead()
    private var route: Route?
    /// The path as it came, when no route has it.
    private var unknownPath: [UInt8] = []
    private var state = ServerCallState(singleRequest: true)
    private var handler: (any ServerCallHandler)?
    private var serverConnection: ServerConnection?

    init(server connection: ServerConnection) {
        serverConnection = connection
        super.init(connection: connection)
    }

    /// The path of the method: `/package.Service/Method`.
    package var path: String { route?.path ?? String(decoding: unknownPath, as: UTF8.self) }

    /// Every request field that neither HTTP/2 nor gRPC uses. Looking one up makes a String, having them does not.
    package var metadata: RPCMetadata { head.metadata }

    /// The address of the client, as text; empty when the connection is gone.
    package var peer: String { serverConnection?.peer ?? "" }

    /// False when finished, reset or cut: nothing can be sent.
    package var isOpen: Bool { state.isOpen }

    /// The server drains: a call that would go on for ever should end.
    package var isDraining: Bool { serverConnection?.isDraining ?? true }

    var logger: Logger? { serverConnection?.logger }

    /// For answers from other threads.
    package var reference: CallReference { CallReference(self) }

    /// Bytes that have still to go to the peer.
    var queuedBytes: Int { outbound.byteCount }

    /// Sends one message. A call that is over ignores it.
    package func send(message: [UInt8]) {
        guard hasRoom(for: message.count) else { return refuseUnread() }
        switch state.send() {
        case .sendHeadersAndMessage:
            connection?.session.submitResponse(stream: self)
            enqueue(message)
        case .sendMessage: enqueue(message)
        case .ignore: break
        }
    }

    private func hasRoom(for bytes: Int) -> Bool {
        guard state.isOpen, let connection, connection.queuedBytes > 0 else { return true }
        return connection.queuedBytes + bytes <= connection.limits.connectionQueuedBytesMax
    }

    /// The peer asks for more than it reads. The handler is in the middle of a send, so it hears of the end
    /// in a later turn of the loop; until then its sends are ignored.
    private func refuseUnread() {
        let handler = handler
        let limit = connection?.limits.connectionQueuedBytesMax ?? 0
        endEarly(
            RPCStatus(
                .resourceExhausted,
                "answers of more than \(limit) bytes wait for this connection to read them"))
        eventLoop.assumeIsolated().execute {
            handler?.cancel(reason: .refused(.resourceExhausted), on: self)
        }
    }

    /// Ends the call with OK, after the messages sent before.
    package func finish() {
        switch state.finish() {
        case .sendTrailers: end(with: .ok)
        case .sendTrailersOnly: respond(trailersOnly: statusFields(.ok, RPCMetadata()))
        case .ignore: break
        }
    }

    /// Ends the call, after the messages sent before. Only the first end counts.
    package func finish(_ status: RPCStatus, trailers: RPCMetadata = RPCMetadata()) {
        switch state.finish() {
        case .sendTrailers: end(with: .fields(statusFields(status, trailers)))
        case .sendTrailersOnly: respond(trailersOnly: statusFields(status, trailers))
        case .ignore: break
        }
    }

    private func end(with trailers: Trailers) {
        self.trailers = trailers
        prepareEnd()
        enqueueEnd()
    }

    private func respond(trailersOnly fields: HeaderFields) {
        var all = HeaderFields()
        all.append(":status", "200")
        all.append("content-type", "application/grpc")
        all.append(contentsOf: fields)
        respond(headersOnly: all)
    }

    private func respond(headersOnly fields: HeaderFields) {
        prepareEnd()
        connection?.session.submitResponse(fields, stream: self)
        connection?.setNeedsFlush()
    }

    private func prepareEnd() {
        handler = nil
        if state.isInboundOpen {
            resetsAfterEnd = true
        }
        discardInbound()
    }

    private func statusFields(_ status: RPCStatus, _ trailers: RPCMetadata) -> HeaderFields {
        var fields = HeaderFields()
        let bytesMax = connection?.limits.statusMessageBytesMax ?? 0
        StatusFields.append(status, to: &fields, messageBytesMax: bytesMax)
        fields.append(contentsOf: trailers.fields)
        return fields
    }

    override func writable() {
        if state.isOpen { handler?.writable(on: self) }
    }

    // MARK: Ends that the handler did not choose

    /// Ends the call and tells the handler. What has not begun to go out is dropped, so that a peer that does not
    /// read cannot keep the call.
    private func abort(_ status: RPCStatus, reason: CancelReason) {
        guard state.isOpen else { return }
        let handler = handler
        endEarly(status)
        handler?.cancel(reason: reason, on: self)
    }

    private func endEarly(_ status: RPCStatus) {
        outbound.discardWaiting()
        updateQueuedCount()
        if outbound.isMidMessage {
            // The peer waits for the rest of a message, so trailers cannot follow.
            _ = state.finish()
            prepareEnd()
            connection?.session.reset(self, code: Self.resetCode(of: status.code))
            connection?.setNeedsFlush()
        } else if state.hasStarted, let connection, connection.session.isBlocked(self) {
            // The trailers would wait behind a body that has no window to go on.
            _ = state.finish()
            prepareEnd()
            connection.session.reset(self, code: Self.resetCode(of: status.code))
            connection.setNeedsFlush()
        } else {
            finish(status)
        }
    }

    /// The code that comes nearest to a status that cannot be said, by the table of PROTOCOL-HTTP2. Not
    /// REFUSED_STREAM for UNAVAILABLE, which would say that nothing was done and that the call may be sent again.
    /// CANCEL at a deadline: clients whose own deadline has passed read it as DEADLINE_EXCEEDED.
    private static func resetCode(of code: RPCStatus.Code) -> HTTP2ErrorCode {
        switch code {
        case .cancelled, .deadlineExceeded: .cancel
        case .resourceExhausted: .enhanceYourCalm
        default: .internalError
        }
    }

    override func refuse(_ status: RPCStatus) {
        abort(status, reason: .refused(status.code))
    }

    override func timedOut() {
        abort(
            RPCStatus(.deadlineExceeded, "the deadline of the call has passed"),
            reason: .deadlineExceeded)
    }

    func shutDown() {
        abort(RPCStatus(.unavailable, "the server is shutting down"), reason: .shutdown)
    }

    func drain() {
        handler?.drain(on: self)
    }

    override func streamClosed(code: HTTP2ErrorCode) {
        let isConnectionGone = serverConnection?.context == nil
        serverConnection = nil
        let handler = handler
        self.handler = nil
        guard state.close() == .cancelHandler else { return }
        handler?.cancel(
            reason: isConnectionGone ? .connectionClosed : .reset(code: code.rawValue), on: self)
    }

    // MARK: The request

    override func receiveHeader(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        guard handler == nil, !state.hasStarted, let serverConnection else { return }
        if name.equals(":path") {
            route = serverConnection.route(value)
            if route == nil { unknownPath = Array(value.prefix(256)) }
        }
        head.receive(
            name: name, value: value, listBytesMax: serverConnection.limits.headerListBytesMax)
    }

    override func receiveHeadersEnd(_ list: HeaderList, endStream: Bool) {
        if list == .initial { begin() }
        if endStream { receiveEnd() }
    }

    private func start(timeout: TimeAmount) {
        // Deadlines of years need no timer, and must not overflow the clock.
        guard timeout < .hours(24 * 365) else { return }
        startTimer(at: .now() + timeout)
    }

    private func begin() {
        guard let serverConnection else { return }
        let unknownPath = { self.route == nil ? self.path : nil }
        if let refusal = head.refusal(path: unknownPath, limits: serverConnection.limits) {
            return respond(refusal)
        }
        guard let route else { return }
        state = ServerCallState(singleRequest: route.requests == .one)
        if let timeout = head.timeout { start(timeout: timeout) }
        handler = route.makeHandler(self)
        if serverConnection.isDraining { drain() }
    }

    private func respond(_ refusal: RequestHead.Refusal) {
        switch refusal {
        case .status(let status): finish(status)
        case .encoding(let status):
            finish(status, trailers: RPCMetadata([("grpc-accept-encoding", "identity")]))
        case .http(let code):
            guard state.finish() != .ignore else { return }
            var fields = HeaderFields()
            fields.append(":status", String(code))
            if code == 405 { fields.append("allow", "POST") }
            respond(headersOnly: fields)
        }
    }

    override var acceptsMessages: Bool { state.isOpen }

    override func receive(message: UnsafeRawBufferPointer) {
        switch state.receiveMessage() {
        case .deliver:
            // Its handler waits for the request's end with it, and the peer may never say that.
            if route?.requests == .one { hold(message.count) }
            handler?.receive(message: message, on: self)
        case .refuseSecond:
            refuse(RPCStatus(.unimplemented, "the method takes one request message, not several"))
        case .ignore: break
        }
    }

    override func receiveLast() {
        resetsAfterEnd = false
        releaseHeld()
        switch state.receiveEnd() {
        case .deliver: handler?.receiveEnd(on: self)
        case .refuseMissing:
            refuse(RPCStatus(.unimplemented, "the method takes one request message, not none"))
        case .ignore: break
        }
    }
}
