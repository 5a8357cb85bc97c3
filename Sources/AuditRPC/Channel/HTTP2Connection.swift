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
    final let limits: RPCLimits
    final let session: HTTP2Session
    final private(set) var context: ChannelHandlerContext?

    /// Bytes of this connection's peer that wait in memory, in all its calls.
    final private(set) var bufferedBytes = 0
    /// The part of them that waits because calls have paused.
    private final var pausedBytes = 0
    /// Bytes that wait for this connection's peer to read them, in all its calls.
    final var queuedBytes = 0
    /// Window that was not given back because too much waits already.
    private final var withheldWindowBytes = 0

    private final var output = ByteBuffer()
    /// Above 0 while a flush follows anyway.
    private final var batchDepth = 0
    private final var isInDelivery = false
    private final var isFlushScheduled = false
    private final var isFlushing = false
    /// Streams whose queue fell to the low watermark while the session was giving bytes.
    private final var newlyWritable: [MessageStream] = []
    /// Whose peer's bytes made no sense: close when the GOAWAY is out.
    private final var isBroken = false
    /// All is said; only the peer's end is awaited.
    private final var isFinished = false
    /// The channel asked to read while too much waited to be written.
    private final var isReadWithheld = false
    private final var handshakeTimer: NIOScheduledCallback?
    private final var deadlineTimer: NIOScheduledCallback?
    /// When the timer fires; it may be early, never late.
    private final var nextDeadline = NIODeadline.distantFuture
    private final var hasSettings = false

    init(role: HTTP2Role, eventLoop: any EventLoop, limits: RPCLimits) {
        self.eventLoop = eventLoop
        self.limits = limits
        session = HTTP2Session(
            role: role,
            settings: HTTP2Settings(
                concurrentStreamsMax: limits.streamsPerConnectionMax,
                headerListBytesMax: limits.headerListBytesMax,
                streamWindowBytes: limits.streamWindowBytes,
                connectionWindowBytes: limits.connectionWindowBytes,
                streamResetBurst: limits.streamResetBurst,
                streamResetsPerSecond: limits.streamResetsPerSecond,
                unreadAcknowledgementsMax: limits.unreadAcknowledgementsMax,
                concurrentStreamsAssumed: limits.concurrentStreamsAssumed))
        session.setDelegate(self)
    }

    // MARK: What subclasses add

    func openStream() -> HTTP2Stream? { nil }
    func receivedSettings() { endHandshake() }
    func receivedPingAcknowledgement() {}
    func receivedGoAway(lastStreamID: Int32, code: HTTP2ErrorCode, debugText: String) {}
    /// The peer broke the protocol; the connection is about to close.
    func broken(by problem: HTTP2SessionError) {}
    /// The peer did not say SETTINGS in time.
    func handshakeTimedOut() {}
    /// The socket failed.
    func socketFailed(_ error: any Error) {}
    /// The socket is closed, and every stream is about to.
    func willClose() {}
    /// The socket is closed, and so is every stream.
    func connectionClosed() {}

    // MARK: Channel events

    final func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        handshakeTimer = try? eventLoop.assumeIsolated().scheduleCallback(
            in: limits.handshakeTime, handler: Timer(connection: self, kind: .handshake))
        if context.channel.isActive { flush() }
    }

    final func handlerRemoved(context: ChannelHandlerContext) {
        close()
    }

    final func channelActive(context: ChannelHandlerContext) {
        flush()
    }

    final func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isBroken, !isFinished else { return }
        let buffer = unwrapInboundIn(data)
        batchDepth += 1
        defer { batchDepth -= 1 }
        do {
            try buffer.withUnsafeReadableBytes { (bytes) throws(HTTP2SessionError) in
                try session.receive(bytes)
            }
        } catch {
            isBroken = true
            broken(by: error)
        }
    }

    final func channelReadComplete(context: ChannelHandlerContext) {
        flush()
    }

    /// A peer that floods and does not read is not read either, before its answers fill the memory. Only then: two
    /// peers that both stopped reading whenever their writes are stuck would wait for each other for ever.
    final func read(context: ChannelHandlerContext) {
        if !context.channel.isWritable, session.waitingFrames > limits.waitingFramesMax {
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
        endHandshake()
        deadlineTimer?.cancel()
        deadlineTimer = nil
        willClose()
        session.closeAllStreams(code: .cancel)
        connectionClosed()
    }

    private final func endHandshake() {
        hasSettings = true
        handshakeTimer?.cancel()
        handshakeTimer = nil
    }

    fileprivate final func handshakeTimeElapsed() {
        guard !hasSettings, context != nil else { return }
        handshakeTimedOut()
        session.terminate(code: .settingsTimeout)
        flush()
        context?.close(promise: nil)
    }

    // MARK: Deadlines

    /// One timer serves every stream, and a call that ends in time costs none: the timer is set for the earliest
    /// deadline, and finds out when it fires which are left.
    final func watch(_ deadline: NIODeadline) {
        guard deadline < nextDeadline, context != nil else { return }
        nextDeadline = deadline
        deadlineTimer?.cancel()
        deadlineTimer = try? eventLoop.assumeIsolated().scheduleCallback(
            at: deadline, handler: Timer(connection: self, kind: .deadline))
    }

    fileprivate final func deadlineReached() {
        let now = NIODeadline.now()
        deadlineTimer = nil
        nextDeadline = .distantFuture
        var next = NIODeadline.distantFuture
        beginBatch()
        for stream in session.openStreams {
            // Every stream of a connection is made by `openStream` or by a client call.
            let stream = unsafeDowncast(stream, to: MessageStream.self)
            guard let deadline = stream.deadline else { continue }
            if deadline <= now {
                stream.timedOut()
            } else {
                next = min(next, deadline)
            }
        }
        if next < .distantFuture { watch(next) }
        endBatch()
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
        } while context?.channel.isWritable == true && session.wantsWrite
        guard let context else { return }
        if isBroken {
            context.close(promise: nil)
        } else if !session.wantsRead, !session.wantsWrite {
            finish(context)
        } else if isReadWithheld {
            isReadWithheld = false
            read(context: context)
        }
    }

    /// Closes this side once all is written, and waits for the peer to close its own: closing both at once would
    /// throw away what a slow reader has not taken yet. A peer that broke the rules is not waited for.
    private final func finish(_ context: ChannelHandlerContext) {
        guard session.lastProblem == nil else { return context.close(promise: nil) }
        isFinished = true
        context.close(mode: .output, promise: nil)
        eventLoop.assumeIsolated().scheduleTask(in: limits.closeTime) {
            self.context?.close(promise: nil)
        }
        if isReadWithheld { context.read() }
    }

    private final func writeOutput() {
        while let context, context.channel.isWritable, gatherOutput() {
            context.writeAndFlush(wrapOutboundOut(output), promise: nil)
            if output.capacity > 64 << 10 {
                // An idle connection keeps no large buffer.
                output = ByteBuffer()
            } else {
                output.clear()
            }
        }
    }

    /// Fills the output buffer; false when there is nothing to write.
    private final func gatherOutput() -> Bool {
        do {
            while output.readableBytes < limits.writeBytesMax, let bytes = try session.nextOutput()
            {
                output.writeBytes(bytes)
            }
        } catch {
            isBroken = true
            broken(by: error)
        }
        return output.readableBytes > 0
    }

    private final func tellNewlyWritable() {
        guard !newlyWritable.isEmpty else { return }
        let streams = newlyWritable
        newlyWritable.removeAll(keepingCapacity: true)
        for stream in streams { stream.tellWritable() }
    }

    // MARK: Windows

    /// Gives connection window back for bytes that arrived, unless so much waits for paused calls that the peer had
    /// better stop altogether. Partial messages do not count here: they need window to become whole, and the cap
    /// ends the call that goes too far.
    final func giveBackOrWithhold(_ count: Int) {
        if pausedBytes <= limits.connectionBufferedBytesMax / 2 {
            session.consume(connection: count)
        } else {
            withheldWindowBytes += count
        }
    }

    final func giveBack(_ count: Int) {
        session.consume(connection: count)
    }

    final func changeBufferedBytes(by count: Int, paused: Int) {
        bufferedBytes += count
        pausedBytes += paused
        guard withheldWindowBytes > 0, paused < 0,
            pausedBytes <= limits.connectionBufferedBytesMax / 2
        else { return }
        session.consume(connection: withheldWindowBytes)
        withheldWindowBytes = 0
        setNeedsFlush()
    }
}

private struct Timer: NIOScheduledCallbackHandler {
    enum Kind {
        case handshake
        case deadline
    }

    let connection: HTTP2Connection
    let kind: Kind

    func handleScheduledCallback(eventLoop: some EventLoop) {
        switch kind {
        case .handshake: connection.handshakeTimeElapsed()
        case .deadline: connection.deadlineReached()
        }
    }
}
