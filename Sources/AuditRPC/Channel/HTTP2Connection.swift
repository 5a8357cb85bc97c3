import NIOCore

/// An HTTP/2 connection on its event loop: socket bytes to session, session bytes to socket.
///
/// One write for each read, or for each batch of answers, however many frames they make. While the socket does not
/// take bytes, the session is not asked for any, so that queues fill where their owners see it.
class HTTP2Connection: ChannelDuplexHandler, HTTP2SessionDelegate {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    final let eventLoop: any EventLoop
    final let rules: ConnectionRules
    final let session: HTTP2Session
    final private(set) var context: ChannelHandlerContext?
    /// Of the peer; nil before the socket is open.
    final private(set) var remoteAddress: SocketAddress?
    /// What waits in memory, of all its calls together.
    @exclusivity(unchecked) final private(set) var waiting: WaitingBytes

    /// Above 0 while a flush follows anyway.
    private final var batchDepth = 0
    private final var isInDelivery = false
    private final var isFlushScheduled = false
    private final var isFlushing = false
    /// Streams whose queue fell to the low watermark while the session was giving bytes.
    private final var newlyWritable: [MessageStream] = []
    /// So much waits for the peer that its calls had better wait too.
    final private(set) var isFull = false
    /// Those that wait for that to end, the first one first, so that all have their turn.
    private final var heldBack: [MessageStream] = []
    /// The shared messages that wait for the peer. Not retained: each removes itself when its last call has sent it.
    private final var holds: [ObjectIdentifier: Unmanaged<SharedHold>] = [:]
    /// Nothing more is heard or said but the GOAWAY that is queued.
    final private(set) var isBroken = false
    /// The peer gets no more than the time to read why.
    private final var isPeerToBlame = false
    /// All is said; only the peer's end is awaited.
    final private(set) var isFinished = false
    /// The channel asked to read while too much waited to be written.
    private final var isReadWithheld = false
    /// Grows with each read.
    final private(set) var reads = 0
    final private(set) var hasSettings = false
    /// What came first is a record of TLS, which no HTTP/2 begins with.
    final private(set) var peerSpeaksTLS = false

    // Of HTTP2Connection+Life.swift.
    final var life: ConnectionLife?
    final var lifeTimer = ConnectionTimer()
    final var deadlineTimer = ConnectionTimer()
    /// When the socket closes, whether the peer has closed its side or not. It must not outlive the socket: each would
    /// keep a whole session in memory.
    private final var closeTimer: Scheduled<Void>?
    private final var closeDeadline = NIODeadline.distantFuture

    /// The connection is closed, or about to: its streams end with it.
    final var isOver: Bool { context == nil || isBroken }

    final var limits: RPCLimits { rules.limits }

    /// - Parameters:
    ///   - memory: what the sessions of a server share on this event loop.
    ///   - budget: the bytes of all connections together.
    init(
        role: HTTP2Role, eventLoop: any EventLoop, rules: ConnectionRules,
        memory: SessionMemory? = nil, budget: SharedBudget?
    ) {
        self.eventLoop = eventLoop
        self.rules = rules
        waiting = WaitingBytes(
            bufferedBytesMax: rules.limits.connectionBufferedBytesMax, budget: budget)
        session = HTTP2Session(
            role: role, settings: HTTP2Settings(rules.limits), memory: memory)
        session.setDelegate(self)
    }

    // MARK: What subclasses add

    func openStream() -> HTTP2Stream? { nil }
    func receivedSettings() { hasSettings = true }
    func receivedPingAcknowledgement(_ ping: HTTP2Ping) {}
    func receivedGoAway(lastStreamID: Int32, code: HTTP2ErrorCode, debugText: String) {}
    /// Takes bytes of the peer; throws when nothing more of it shall be heard.
    func receive(_ bytes: UnsafeRawBufferPointer) throws(HTTP2SessionError) {
        try session.receive(bytes)
    }
    /// Calls that have begun so far, and the header list that is under way, for the connection's life.
    func complete(_ facts: inout ConnectionLife.Facts) {}
    /// Ends the calls that have waited for the peer since this was called last.
    func endStalledCalls() {}
    /// The connection has lived long enough: no new calls.
    func drain(for end: ConnectionEnd) {}
    /// This side is about to close the connection, for a reason of its own.
    func ending(for end: ConnectionEnd) {}
    /// The peer broke the protocol; the connection is about to close.
    func broken(by problem: HTTP2SessionError) {}
    /// A message of the peer's was decompressed.
    func inflated(_ bytes: Int, to inflatedBytes: Int) {}
    /// The socket failed.
    func socketFailed(_ error: any Error) {}
    /// The socket is closed, and every stream is about to.
    func willClose() {}
    /// The socket is closed, and so is every stream.
    func connectionClosed() {}

    // MARK: Channel events

    final func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        startLife()
        if context.channel.isActive { channelActive(context: context) }
    }

    final func handlerRemoved(context: ChannelHandlerContext) {
        close()
    }

    final func channelActive(context: ChannelHandlerContext) {
        // The channel remembers the address; the context would ask the system, which forgets it with a reset.
        remoteAddress = context.channel.remoteAddress
        flush()
    }

    final func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isBroken, !isFinished else { return }
        let buffer = unwrapInboundIn(data)
        if reads == 0 { peerSpeaksTLS = TLSRecord.begins(buffer) }
        reads &+= 1
        batchDepth += 1
        defer { batchDepth -= 1 }
        do {
            try buffer.withUnsafeReadableBytes { (bytes) throws(HTTP2SessionError) in
                try receive(bytes)
            }
        } catch {
            fail(error)
        }
    }

    final func channelReadComplete(context: ChannelHandlerContext) {
        flush()
    }

    /// A peer that floods and does not read is not read either, before its answers fill the memory. Only then: two
    /// peers that both stopped reading whenever their writes are stuck would wait for each other for ever.
    final func read(context: ChannelHandlerContext) {
        if !isFinished, !context.channel.isWritable,
            session.waitingFrames > limits.waitingFramesMax
        {
            isReadWithheld = true
        } else {
            context.read()
        }
    }

    final func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { flush() }
    }

    final func errorCaught(context: ChannelHandlerContext, error: any Error) {
        socketFailed(error)
        context.close(promise: nil)
    }

    final func channelInactive(context: ChannelHandlerContext) {
        close()
    }

    private func close() {
        guard context != nil else { return }
        context = nil
        lifeTimer.cancel()
        deadlineTimer.cancel()
        closeTimer?.cancel()
        closeTimer = nil
        willClose()
        session.closeAllStreams(code: .cancel)
        connectionClosed()
    }

    // MARK: Ends of this side's choice

    /// Nothing more of the peer is heard: it gets a GOAWAY that says why.
    private final func fail(_ problem: HTTP2SessionError) {
        guard !isBroken else { return }
        broken(by: problem)
        say(problem.code, problem.fault?.debugText ?? "")
    }

    /// Ends the connection and its calls with a GOAWAY. The caller flushes.
    final func end(for end: ConnectionEnd) {
        guard !isBroken, !isFinished, let context else { return }
        ending(for: end)
        if end == .silent {
            // Whoever does not answer does not listen either.
            context.close(promise: nil)
        } else {
            say(end.code, end.debugText)
        }
    }

    /// Nothing more is heard or begun. A peer that is not to blame gets what this side has said so far, as long as it
    /// reads: the caller has ended the calls.
    final func say(_ code: HTTP2ErrorCode, _ debugText: String, within time: TimeAmount? = nil) {
        guard !isBroken else { return }
        isBroken = true
        isPeerToBlame = code != .noError
        session.submitGoAway(code: code, debugText: debugText)
        close(within: time ?? (isPeerToBlame ? limits.lingerTime : limits.closeTime))
    }

    /// The earliest time counts.
    private final func close(within time: TimeAmount) {
        let deadline = NIODeadline.now() + time
        guard context != nil, deadline < closeDeadline else { return }
        closeDeadline = deadline
        closeTimer?.cancel()
        closeTimer = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.context?.close(promise: nil)
        }
    }

    // MARK: Output

    /// Work that ends with one flush.
    final func beginBatch() {
        batchDepth += 1
    }

    final func endBatch() {
        batchDepth -= 1
        if batchDepth == 0 { flush() }
    }

    /// Joins a delivery of answers to many connections; false when it has joined already.
    final func beginDelivery() -> Bool {
        guard !isInDelivery else { return false }
        isInDelivery = true
        beginBatch()
        return true
    }

    final func endDelivery() {
        isInDelivery = false
        endBatch()
    }

    /// Something was queued. Outside of a batch, one flush follows for all that this turn of the loop queues.
    final func setNeedsFlush() {
        guard batchDepth == 0, !isFlushing, !isFlushScheduled else { return }
        isFlushScheduled = true
        eventLoop.assumeIsolated().execute {
            self.isFlushScheduled = false
            self.flush()
        }
    }

    final func streamBecameWritable(_ stream: MessageStream) {
        newlyWritable.append(stream)
    }

    private final func flush() {
        guard batchDepth == 0, !isFlushing, !isFinished, context != nil else { return }
        isFlushing = true
        defer { isFlushing = false }
        repeat {
            writeOutput()
            tellNewlyWritable()
        } while !isPeerToBlame && context?.channel.isWritable == true && session.wantsWrite
        guard let context else { return }
        if isPeerToBlame || !session.wantsWrite && (isBroken || !session.wantsRead) {
            finish(context)
        } else if isReadWithheld {
            isReadWithheld = false
            read(context: context)
        }
    }

    /// Closes this side once all is written, and waits for the peer to close its own: closing both at once would
    /// throw away what a slow reader has not taken yet. A peer that broke the rules gets only the time to read why.
    private final func finish(_ context: ChannelHandlerContext) {
        let isAtFault = isPeerToBlame || session.hasBlamedPeer
        isFinished = true
        if isAtFault {
            isBroken = true
            session.closeAllStreams(code: .cancel)
        }
        context.close(mode: .output, promise: nil)
        close(within: isAtFault ? limits.lingerTime : limits.closeTime)
        if isReadWithheld { context.read() }
    }

    private final func writeOutput() {
        while let context, context.channel.isWritable, gatherOutput() {
            session.drainOutput { context.write(wrapOutboundOut($0), promise: nil) }
            context.flush()
            session.reuseOutputMemory()
        }
    }

    /// Fills the session's output; false when there is nothing to write.
    private final func gatherOutput() -> Bool {
        do {
            // A broken peer gets its GOAWAY, and nothing behind it.
            while session.outputBytes < limits.writeBytesMax,
                !isBroken || !session.hasBlamedPeer, try session.gatherOutput()
            {}
        } catch {
            if !isBroken { broken(by: error) }
            isBroken = true
            isPeerToBlame = true
        }
        return session.outputBytes > 0
    }

    private final func tellNewlyWritable() {
        if !newlyWritable.isEmpty {
            let streams = newlyWritable
            newlyWritable.removeAll(keepingCapacity: true)
            for stream in streams { stream.tellWritable() }
        }
        guard !isFull, !heldBack.isEmpty else { return }
        let streams = heldBack
        heldBack = []
        for stream in streams { stream.isHeldBack = false }
        for stream in streams { stream.tellWritable() }
    }

    /// Tells the stream when there is room for it.
    final func holdBack(_ stream: MessageStream) {
        guard !stream.isHeldBack else { return }
        stream.isHeldBack = true
        heldBack.append(stream)
    }

    final func forget(_ stream: MessageStream) {
        stream.isHeldBack = false
        heldBack.removeAll { $0 === stream }
    }

    // MARK: Bytes that wait

    /// Gives connection window back for bytes that arrived, unless too much waits for paused calls.
    final func giveBackOrWithhold(_ count: Int) {
        session.consume(connection: waiting.windowFor(arrived: count))
    }

    final func giveBack(_ count: Int) {
        session.consume(connection: count)
    }

    final func changeBufferedBytes(by count: Int, paused: Int) {
        let window = waiting.changeBuffered(by: count, paused: paused)
        guard window > 0 else { return }
        session.consume(connection: window)
        setNeedsFlush()
    }

    /// More waits of the peer than may, also when what handlers have taken meanwhile is counted out.
    final var isOverLimit: Bool {
        guard waiting.isOverLimit else { return false }
        for stream in session.openStreams {
            // Every stream of a connection is made by `openStream` or by a client call.
            unsafeDowncast(stream, to: MessageStream.self).recount()
        }
        return waiting.isOverLimit
    }

    final func changeQueuedBytes(by count: Int) {
        waiting.changeQueued(by: count)
        queueChanged()
    }

    private final func queueChanged() {
        if !isFull {
            isFull = waiting.queued >= limits.connectionHighWatermarkBytes
        } else if waiting.queued <= limits.connectionLowWatermarkBytes {
            isFull = false
            if !heldBack.isEmpty { setNeedsFlush() }
        }
    }

    /// A shared message, for one more call that sends it. Nil when it may not wait for the peer.
    final func hold(_ message: SharedMessage) -> SharedHold? {
        if let hold = holds[ObjectIdentifier(message)] { return hold.takeUnretainedValue() }
        guard
            let isCountedOnce = waiting.take(
                message, queuedBytesMax: limits.connectionQueuedBytesMax)
        else { return nil }
        queueChanged()
        let hold = SharedHold(message, isCountedOnce: isCountedOnce, on: self)
        holds[ObjectIdentifier(message)] = Unmanaged.passUnretained(hold)
        return hold
    }

    /// The last call that had it queued has sent it, or is over.
    final func release(_ message: SharedMessage, isCountedOnce: Bool) {
        holds[ObjectIdentifier(message)] = nil
        waiting.giveBack(message, isCountedOnce: isCountedOnce)
        queueChanged()
    }

    /// Whether an answer of so many bytes may wait for the peer.
    final func hasRoom(forAnswer count: Int) -> Bool {
        waiting.hasRoom(forAnswer: count, queuedBytesMax: limits.connectionQueuedBytesMax)
    }
}
