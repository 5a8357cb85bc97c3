import Logging
import NIOCore

/// One call, as the server sees it. Belongs to the event loop of its connection.
///
/// It outlives its connection while somebody holds a reference to it; then all that it is told is ignored.
package final class ServerCall: MessageStream {
    @exclusivity(unchecked) private var head = RequestHead()
    private var route: Route?
    /// The path as it came, when no route has it.
    private var unknownPath: [UInt8] = []
    @exclusivity(unchecked) private var state = ServerCallState(singleRequest: true)
    @exclusivity(unchecked) private var handler: (any ServerCallHandler)?
    private let headerListBytesMax: Int
    /// What the gate said of the caller.
    package private(set) var caller: (any AnyObject & Sendable)?
    /// Nobody has decided yet whether the call may be made.
    private var awaitsDecision = false
    /// The request ended before that.
    private var endsUndecided = false
    /// The HTTP status for a client that does not speak gRPC, until its request has ended.
    private var heldAnswer: Int?
    /// One line in the log for a handler's metadata that cannot be sent.
    private var hasLoggedMetadata = false

    init(server connection: ServerConnection) {
        headerListBytesMax = connection.limits.headerListBytesMax
        super.init(connection: connection)
        connection.metadata.discard()
    }

    /// Nil when the call is closed.
    private var serverConnection: ServerConnection? {
        connection.map { unsafeDowncast($0, to: ServerConnection.self) }
    }

    /// The path of the method: `/package.Service/Method`.
    package var path: String { route?.path ?? String(decoding: unknownPath, as: UTF8.self) }

    /// Every request field that neither HTTP/2 nor gRPC uses. Looking one up makes a String, having them does not.
    package private(set) var metadata = RPCMetadata()

    /// The address of the client, as text; empty when the connection is gone.
    package var peer: String { serverConnection?.peer ?? "" }

    /// The same without a port; `unix` for a Unix socket.
    package var peerHost: String { serverConnection?.peerHost ?? "" }

    /// Whether the client is on this machine: it came through a Unix socket, or over a loopback address. False when
    /// the connection is gone.
    package var peerIsLocal: Bool { serverConnection?.peerIsLocal ?? false }

    /// The certificate that the client showed, in DER and verified. Nil when clients need not show one.
    package var peerCertificate: [UInt8]? { serverConnection?.peerCertificate }

    /// What the gate keeps for the next call of the same connection. Nil when the connection is gone.
    package var connectionMemo: (any AnyObject & Sendable)? {
        get { serverConnection?.memo }
        set { serverConnection?.memo = newValue }
    }

    /// False when finished, reset or cut: nothing can be sent.
    package var isOpen: Bool { state.isOpen }

    /// The server drains: a call that would go on for ever should end.
    package var isDraining: Bool { serverConnection?.isDraining ?? true }

    var logger: Logger? { serverConnection?.logger }

    /// For answers from other threads.
    package var reference: CallReference { CallReference(self) }

    /// Bytes that have still to go to the peer.
    var queuedBytes: Int { outbound.byteCount }

    /// Has the messages of this call compressed with gzip when the client takes it; without effect after the response
    /// headers, which say so, have gone out. Off unless asked for: it costs time on the event loop, and where a message
    /// holds both a secret and something that an attacker may choose, its length tells of the secret.
    package func enableCompression() {
        if head.acceptsGzip, !state.hasStarted { outboundEncoding = .gzip }
    }

    /// Sends the response headers before the first message, which sends them otherwise, with fields of the handler's.
    /// Fields that may not be sent are left out. A call that is over ignores it.
    package func sendInitialMetadata(_ metadata: RPCMetadata) {
        switch state.sendHeaders() {
        case .send:
            submitHeaders(metadata)
            connection?.setNeedsFlush()
        case .tooLate: assertionFailure("initial metadata comes once, before the first message")
        case .ignore: break
        }
    }

    /// Sends one message. A call that is over ignores it.
    ///
    /// - Parameter compress: false keeps this message as it is, also after `enableCompression`.
    package func send(message: [UInt8], compress: Bool = true) {
        guard hasRoom(for: message.count) else { return refuseUnread() }
        switch state.send() {
        case .sendHeadersAndMessage:
            submitHeaders(RPCMetadata())
            enqueue(message, compress: compress)
        case .sendMessage: enqueue(message, compress: compress)
        case .ignore: break
        }
    }

    /// Sends a message that other calls send too; its bytes are not copied for this one, and count once for all of
    /// them. False when the call is over, or ends because its peer takes nothing.
    @discardableResult
    package func send(_ message: SharedMessage) -> Bool {
        guard state.isOpen, let connection else { return false }
        guard let hold = connection.hold(message.form(for: outboundEncoding)) else {
            refuseUnread()
            return false
        }
        switch state.send() {
        case .sendHeadersAndMessage:
            submitHeaders(RPCMetadata())
            enqueue(hold)
        case .sendMessage: enqueue(hold)
        case .ignore: return false
        }
        return true
    }

    private func submitHeaders(_ metadata: RPCMetadata) {
        guard let connection else { return }
        if metadata.isEmpty, outboundEncoding == .identity, head.encoding == .identity {
            return connection.session.submitResponse(stream: self)
        }
        var fields = ResponseFields.headers(
            encoding: outboundEncoding, namesAcceptedEncodings: head.encoding != .identity)
        append(metadata, to: &fields)
        connection.session.submitResponse(fields, stream: self, hasBody: true)
    }

    /// What a handler's mistake leaves out is in the log: the call has a result, which must not be lost over it.
    private func append(_ metadata: RPCMetadata, to fields: inout HeaderFields) {
        guard let unsendable = fields.append(sendable: metadata),
            unsendable.refusal != .reserved, !hasLoggedMetadata
        else { return }
        hasLoggedMetadata = true
        logger?.error("\(unsendable)", metadata: ["path": "\(path)"])
    }

    private func hasRoom(for bytes: Int) -> Bool {
        guard state.isOpen, let connection else { return true }
        return connection.hasRoom(forAnswer: bytes)
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
        case .sendTrailersOnly: respond(trailersOnly: .ok)
        case .ignore: break
        }
    }

    /// Ends the call, after the messages sent before. Only the first end counts.
    package func finish(_ status: RPCStatus, trailers: RPCMetadata = RPCMetadata()) {
        switch state.finish() {
        case .sendTrailers:
            var fields = HeaderFields()
            append(status, trailers, to: &fields)
            end(with: .fields(fields))
        case .sendTrailersOnly: respond(trailersOnly: status, trailers)
        case .ignore: break
        }
    }

    private func end(with trailers: Trailers) {
        self.trailers = trailers
        prepareEnd()
        enqueueEnd()
    }

    private func respond(
        trailersOnly status: RPCStatus, _ trailers: RPCMetadata = RPCMetadata(),
        namesAcceptedEncodings: Bool = false
    ) {
        var fields = ResponseFields.headers(
            namesAcceptedEncodings: namesAcceptedEncodings || head.encoding != .identity)
        append(status, trailers, to: &fields)
        respond(fields, hasBody: false)
    }

    private func respond(_ fields: HeaderFields, hasBody: Bool) {
        prepareEnd()
        connection?.session.submitResponse(fields, stream: self, hasBody: hasBody)
        connection?.setNeedsFlush()
    }

    private func prepareEnd() {
        handler = nil
        if state.isInboundOpen {
            resetsAfterEnd = true
        }
        discardInbound()
    }

    private func append(
        _ status: RPCStatus, _ trailers: RPCMetadata, to fields: inout HeaderFields
    ) {
        StatusFields.append(status, to: &fields, limits: owner.limits)
        append(trailers, to: &fields)
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
        if giveHeldAnswer() { return }
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
        let isConnectionGone = owner.isOver
        unsafeDowncast(owner, to: ServerConnection.self).callEnded()
        let handler = handler
        self.handler = nil
        guard state.close() == .cancelHandler else { return }
        handler?.cancel(
            reason: isConnectionGone ? .connectionClosed : .reset(code: code.rawValue), on: self)
    }

    // MARK: The request

    override func receiveHeader(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        guard handler == nil, heldAnswer == nil, !state.hasStarted else { return }
        if name.equals(":path") {
            route = serverConnection?.route(value)
            if route == nil { unknownPath = Array(value.prefix(256)) }
        }
        if head.receive(name: name, value: value, listBytesMax: headerListBytesMax) {
            serverConnection?.metadata.append(name: name, value: value)
        }
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
        metadata = serverConnection.metadata.take()
        // Small lists are bounded by the number of calls, and mostly shared.
        if metadata.fields.storage.count > 1 << 10 {
            keep(metadata.fields.storage.count)
            guard state.isOpen else { return }
        }
        if route == nil || !head.isFaultless, let refusal = refusal(serverConnection) {
            return respond(refusal)
        }
        guard let route else { return }
        if head.encoding != .identity { setInboundEncoding(head.encoding) }
        state = ServerCallState(singleRequest: route.requests == .one)
        if let timeout = head.timeout { start(timeout: timeout) }
        guard let gate = route.gate else { return open(route, for: nil) }
        switch gate(self) {
        case .admitted(let caller): open(route, for: caller)
        case .refused(let status): finish(status)
        case .undecided:
            awaitsDecision = true
            pauseReading()
        }
    }

    private func open(_ route: Route, for caller: (any AnyObject & Sendable)?) {
        self.caller = caller
        handler = route.makeHandler(self)
        if isDraining { drain() }
    }

    /// Says what a gate left undecided. A call that is over, or about which somebody has decided, ignores it.
    package func decide(_ admission: Admission) {
        guard awaitsDecision, state.isOpen, let route else { return }
        switch admission {
        case .admitted(let caller):
            awaitsDecision = false
            open(route, for: caller)
            resumeReading()
            if endsUndecided { receiveLast() }
        case .refused(let status):
            awaitsDecision = false
            finish(status)
        case .undecided: break
        }
    }

    /// Ends the call and tells its handler: the caller may not go on with it.
    package func revoke(_ status: RPCStatus) {
        abort(status, reason: .refused(status.code))
    }

    private func refusal(_ serverConnection: ServerConnection) -> RequestHead.Refusal? {
        let unknownMethod = {
            self.route == nil ? serverConnection.problem(ofUnknown: self.path) : nil
        }
        return head.refusal(unknownMethod: unknownMethod, limits: serverConnection.limits)
    }

    private func respond(_ refusal: RequestHead.Refusal) {
        switch refusal {
        case .status(let status): finish(status)
        case .encoding(let status):
            guard state.finish() != .ignore else { return }
            respond(trailersOnly: status, namesAcceptedEncodings: true)
        case .http(let code):
            // An answer at once would close the stream under a request that is still being sent, and nobody would
            // hear what is wrong with the rest of it. No client of gRPC waits here, nor one of HTTP that ends.
            heldAnswer = code
            startTimer(at: .now() + (connection?.limits.foreignRequestTime ?? .zero))
        }
    }

    /// False when none is held.
    private func giveHeldAnswer() -> Bool {
        guard let code = heldAnswer else { return false }
        heldAnswer = nil
        guard state.finish() != .ignore else { return true }
        // The answer to HEAD has the fields of the answer to GET and no body (RFC 9110 §9.3.2).
        let hasBody = head.method != .head
        if hasBody { outbound.setWholeBody(ResponseFields.bodyForPeople) }
        updateQueuedCount()
        respond(ResponseFields.http(code), hasBody: hasBody)
        return true
    }

    override var acceptsMessages: Bool { state.isOpen && heldAnswer == nil }

    override func receive(message: UnsafeRawBufferPointer) {
        switch state.receiveMessage() {
        case .deliver:
            handler?.receive(message: message, on: self)
            // Its handler waits for the request's end with it, and the peer may never say that.
            if state.isOpen, route?.requests == .one, untakenBytes == 0 { hold(message.count) }
        case .refuseSecond:
            refuse(RPCStatus(.unimplemented, "the method takes one request message, not several"))
        case .ignore: break
        }
    }

    override var awaitsPeer: Bool {
        super.awaitsPeer || state.isOpen && state.isInboundOpen && route?.requests == .one
    }

    func endIfStalled() {
        guard hasStalled() else { return }
        refuse(
            RPCStatus(
                .deadlineExceeded,
                "nothing of the call has moved for a long time: neither its request nor its answer")
        )
    }

    override func recountUntaken() {
        let before = untakenBytes
        untakenBytes = handler?.untakenBytes ?? 0
        // A task that took the one message waits for the request's end with it, as every other handler.
        if state.isOpen, state.isInboundOpen, route?.requests == .one {
            hold(before - untakenBytes)
        }
    }

    override func receiveLast() {
        if awaitsDecision {
            endsUndecided = true
            return
        }
        resetsAfterEnd = false
        releaseHeld()
        let end = state.receiveEnd()
        if giveHeldAnswer() { return }
        switch end {
        case .deliver: handler?.receiveEnd(on: self)
        case .refuseMissing:
            refuse(RPCStatus(.unimplemented, "the method takes one request message, not none"))
        case .ignore: break
        }
    }
}
