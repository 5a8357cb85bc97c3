package import NIOCore

/// A stream that carries messages: what server calls and client calls share.
///
/// Belongs to the event loop of its connection, and may live on when it is closed, deaf and mute. It keeps the
/// connection's memory for as long: a reference that never changes needs no counting where it is used, which is ten
/// times in a call.
package class MessageStream: HTTP2Stream {
    final let owner: HTTP2Connection
    private final var isClosed = false
    /// Nil when the stream is closed.
    final var connection: HTTP2Connection? { isClosed ? nil : owner }

    @exclusivity(unchecked) private final var deframer: MessageDeframer
    /// Bytes that came while reading was paused, and how many of them have been dealt with.
    @exclusivity(unchecked) private final var backlog: [UInt8] = []
    private final var backlogOffset = 0
    /// Bytes of messages that were handed out, and that the handler keeps until the request ends.
    private final var heldBytes = 0
    /// Bytes of messages that an asynchronous handler has been given and had not taken when this was counted last.
    final var untakenBytes = 0
    /// Bytes that the call keeps as long as it lives.
    private final var keptBytes = 0
    /// Bytes of this call came or went since it was looked at last.
    private final var hasMoved = true
    /// What the connection counts for this stream, and how much of it waits because reading is paused.
    private final var countedBytes = 0
    private final var countedPausedBytes = 0
    private final var countedQueuedBytes = 0
    private final var countedOwnBytes = 0
    private final var isPaused = false
    private final var isDelivering = false
    /// The peer ended its side while bytes of it still waited.
    private final var hasPendingEnd = false
    private final var isAboveWatermark = false
    /// Waits in its connection's list of those to tell when there is room.
    final var isHeldBack = false
    /// Grows whenever the connection takes bytes of this call to send them.
    package final private(set) var takenCount = 0
    /// What this side said about its messages; gzip allows uncompressed ones too.
    final var outboundEncoding = MessageEncoding.identity
    /// When the call is given up; nil when never.
    package final private(set) var deadline: NIODeadline?

    init(connection: HTTP2Connection) {
        owner = connection
        deframer = MessageDeframer(messageBytesMax: connection.limits.messageBytesMax)
    }

    package final var eventLoop: any EventLoop { owner.eventLoop }
    /// Of `eventLoop`: compared by other threads, which then need not retain the loop.
    final var eventLoopID: ObjectIdentifier { ObjectIdentifier(owner.eventLoop) }

    // MARK: What subclasses add

    /// False: what arrives is thrown away.
    var acceptsMessages: Bool { true }
    /// A message arrived. Valid during the call.
    func receive(message: UnsafeRawBufferPointer) {}
    /// The last message has been received.
    func receiveLast() {}
    /// True: a whole answer that has arrived is delivered after the stream has closed, at the reader's pace.
    var readsAfterClose: Bool { false }
    /// The peer's bytes broke a rule or a limit.
    func refuse(_ status: RPCStatus) {}
    /// The peer ended its side; messages of it may still wait.
    func peerEnded() {}
    /// The stream ended in the middle of a message.
    func receiveCut() {
        refuse(RPCStatus(.internal, "the stream ended in the middle of a message"))
    }
    /// The queue fell to the low watermark.
    func writable() {}
    func timedOut() {}
    /// The stream is closed, by the peer unless this side ended it.
    func streamClosed(code: HTTP2ErrorCode) {}

    // MARK: Inbound

    final override func receiveData(_ bytes: UnsafeRawBufferPointer) {
        guard let connection else { return }
        hasMoved = true
        guard acceptsMessages else {
            connection.giveBack(bytes.count)
            connection.session.consume(self, bytes.count)
            return
        }
        if isPaused || backlogOffset < backlog.count {
            // Stream window stays with us: that is what stops the peer.
            backlog.append(contentsOf: bytes)
            updateCount(connection)
            connection.giveBackOrWithhold(bytes.count)
        } else {
            let rest = deliver(bytes)
            backlog.append(contentsOf: rest)
            updateCount(connection)
            connection.session.consume(self, bytes.count - rest.count)
            connection.giveBackOrWithhold(bytes.count)
        }
        checkBufferCap()
    }

    final override func receiveEnd() {
        peerEnded()
        if backlogOffset < backlog.count {
            hasPendingEnd = true
        } else {
            endInbound()
        }
    }

    private final func endInbound() {
        if deframer.isMidMessage, acceptsMessages {
            receiveCut()
        } else {
            receiveLast()
        }
    }

    /// The peer said how it compresses, before its first message.
    final func setInboundEncoding(_ encoding: MessageEncoding) {
        deframer.encoding = encoding
    }

    /// Whether the message that is being received, or was last, came compressed.
    package final var wasCompressed: Bool { deframer.wasCompressed }

    /// Stops reading: stream window is not given back, and whole messages wait.
    package final func pauseReading() {
        isPaused = true
    }

    /// Goes on where `pauseReading` stopped; waiting messages arrive before this returns.
    package final func resumeReading() {
        guard isPaused else { return }
        isPaused = false
        recount()
        guard !isDelivering else { return }
        drainBacklog()
    }

    private final func drainBacklog() {
        guard backlogOffset < backlog.count else { return }
        let start = backlogOffset
        deliverBacklog(from: start)
        let consumed = backlog.isEmpty ? 0 : backlogOffset - start
        trimBacklog()
        if let connection {
            updateCount(connection)
            connection.session.consume(self, consumed)
            connection.setNeedsFlush()
        }
        if backlog.isEmpty, hasPendingEnd {
            hasPendingEnd = false
            endInbound()
        }
    }

    private final func deliverBacklog(from start: Int) {
        let bytes = backlog
        bytes.withUnsafeBytes { all in
            let rest = deliver(UnsafeRawBufferPointer(rebasing: all[start...]))
            // When the call ended meanwhile, `discardInbound` has dealt with all of it.
            if !backlog.isEmpty { backlogOffset = all.count - rest.count }
        }
    }

    /// Drops what has been dealt with once it is half of the backlog: a sender that is always ahead never lets it
    /// run empty, and each byte is moved once at most on the average.
    private final func trimBacklog() {
        if backlogOffset == backlog.count {
            backlog = []
            backlogOffset = 0
        } else if backlogOffset * 2 >= backlog.count {
            backlog.removeFirst(backlogOffset)
            backlogOffset = 0
        }
    }

    /// The memory of the backlog, in bytes.
    final var backlogCapacityBytes: Int { backlog.capacity }

    /// Counts bytes that the call keeps as long as it lives, and ends it when they are too many.
    final func keep(_ bytes: Int) {
        guard let connection else { return }
        keptBytes += bytes
        updateCount(connection)
        checkBufferCap()
    }

    /// Counts bytes that the handler keeps against the connection's cap, until `releaseHeld`.
    final func hold(_ bytes: Int) {
        heldBytes += bytes
    }

    final func releaseHeld() {
        heldBytes = 0
        if let connection { updateCount(connection) }
    }

    /// Hands out messages until the bytes end or reading pauses; returns what is left.
    private final func deliver(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var input = bytes
        isDelivering = true
        defer { isDelivering = false }
        do {
            while !isPaused, acceptsMessages, let message = try deframer.next(&input) {
                if deframer.wasCompressed {
                    owner.inflated(deframer.compressedBytes, to: message.count)
                }
                receive(message: message)
            }
        } catch {
            refuse(status(of: error))
        }
        // A paused call keeps no memory for a message that it has given away.
        deframer.releaseMessage()
        return acceptsMessages ? input : UnsafeRawBufferPointer(rebasing: input[input.count...])
    }

    private final func status(of problem: MessageDeframer.Problem) -> RPCStatus {
        switch problem {
        case .tooLarge(let bytes):
            let limit = deframer.messageBytesMax
            return RPCStatus(
                .resourceExhausted, "a message of \(bytes) bytes is above the limit of \(limit)")
        case .inflatesTooLarge:
            let limit = deframer.messageBytesMax
            return RPCStatus(
                .resourceExhausted,
                "a compressed message becomes larger than the limit of \(limit) bytes")
        case .compressed:
            return RPCStatus(
                .internal,
                "a message has the compressed flag, and grpc-encoding names no compression")
        case .corrupt:
            return RPCStatus(.internal, "a compressed message is not well-formed gzip")
        case .badFlag(let flag):
            return RPCStatus(.internal, "a message begins with flag \(flag) in place of 0 or 1")
        }
    }

    private final func checkBufferCap() {
        guard let connection, acceptsMessages, connection.isOverLimit else { return }
        let text: String
        if connection.waiting.isOverShare {
            text = "more bytes wait for this server's clients than it has room for"
        } else {
            let limit = connection.limits.connectionBufferedBytesMax
            text = "the requests of this connection wait with more than \(limit) bytes"
        }
        refuse(RPCStatus(.resourceExhausted, text))
    }

    /// What the handler has not taken yet, by now. Handlers of other threads take without a word.
    func recountUntaken() {}

    /// Counts anew before a limit is applied.
    final func recount() {
        guard untakenBytes > 0, let connection else { return }
        recountUntaken()
        updateCount(connection)
    }

    private final func updateCount(_ connection: HTTP2Connection) {
        let paused = backlog.count - backlogOffset + untakenBytes
        let now = deframer.bufferedBytes + heldBytes + keptBytes + paused
        guard now != countedBytes || paused != countedPausedBytes else { return }
        let (change, pausedChange) = (now - countedBytes, paused - countedPausedBytes)
        countedBytes = now
        countedPausedBytes = paused
        connection.changeBufferedBytes(by: change, paused: pausedChange)
    }

    /// Forgets what waits; later bytes are thrown away because `acceptsMessages` is false by now.
    final func discardInbound() {
        let waiting = backlog.count - backlogOffset
        backlog = []
        backlogOffset = 0
        heldBytes = 0
        untakenBytes = 0
        isPaused = false
        guard let connection else { return }
        if waiting > 0 { connection.session.consume(self, waiting) }
        if hasPendingEnd {
            hasPendingEnd = false
            receiveLast()
        }
        if countedBytes > 0, !isDelivering {
            deframer = MessageDeframer(messageBytesMax: connection.limits.messageBytesMax)
            updateCount(connection)
        }
    }

    /// Whether the call waits for the peer: for the rest of a message, or to take what lies here for it.
    var awaitsPeer: Bool { countedQueuedBytes > 0 || deframer.isMidMessage }

    /// True when the call waits for the peer and nothing of it moved since this was asked last.
    final func hasStalled() -> Bool {
        defer { hasMoved = false }
        return !hasMoved && awaitsPeer
    }

    // MARK: Outbound

    /// False while the queue is above the high watermark, and until it falls to the low one, be it this call's or that
    /// of the whole connection. Whoever is told false is told of the other side: `writable` follows.
    package final var isWritable: Bool {
        guard !isAboveWatermark else { return false }
        guard let connection, connection.isFull else { return true }
        connection.holdBack(self)
        return false
    }

    /// Queues a message, compressed when that was agreed, is wanted and makes it shorter.
    final func enqueue(_ message: [UInt8], compress: Bool = true) {
        guard let connection else { return }
        if compress, outboundEncoding == .gzip,
            let shorter = GzipDeflater.ofThisThread.deflate(message)
        {
            outbound.append(shorter, isCompressed: true)
        } else {
            outbound.append(message)
        }
        messageQueued(connection)
    }

    /// Queues a message that other calls send too, likewise.
    final func enqueue(_ hold: SharedHold) {
        guard let connection else { return }
        outbound.append(sharing: hold.message.framed, hold)
        messageQueued(connection)
    }

    private final func messageQueued(_ connection: HTTP2Connection) {
        updateQueuedCount()
        if outbound.byteCount >= connection.limits.outboundHighWatermarkBytes {
            isAboveWatermark = true
        }
        outboundChanged(connection)
    }

    final func enqueueEnd() {
        guard let connection else { return }
        outbound.finish()
        outboundChanged(connection)
    }

    private final func outboundChanged(_ connection: HTTP2Connection) {
        connection.session.resume(self)
        connection.setNeedsFlush()
    }

    /// Tells the connection how much waits, after any change of the queue.
    final func updateQueuedCount() {
        guard let connection, outbound.byteCount != countedQueuedBytes else { return }
        hasMoved = true
        countedQueuedBytes = outbound.byteCount
        let ownBytes = outbound.ownBytes
        connection.changeQueuedBytes(by: ownBytes - countedOwnBytes)
        countedOwnBytes = ownBytes
    }

    final override func outboundTaken() {
        takenCount &+= 1
        updateQueuedCount()
        guard isAboveWatermark, let connection,
            outbound.byteCount <= connection.limits.outboundLowWatermarkBytes
        else { return }
        isAboveWatermark = false
        connection.streamBecameWritable(self)
    }

    final func tellWritable() {
        if connection != nil, isWritable { writable() }
    }

    // MARK: Time and end

    final func startTimer(at deadline: NIODeadline) {
        self.deadline = deadline
        connection?.watch(deadline)
    }

    final override func closed(code: HTTP2ErrorCode) {
        guard let connection else { return }
        let (counted, paused) = (countedBytes, countedPausedBytes)
        countedBytes = 0
        countedPausedBytes = 0
        if isHeldBack { connection.forget(self) }
        outbound.discardAll()
        countedQueuedBytes = 0
        if countedOwnBytes > 0 { connection.changeQueuedBytes(by: -countedOwnBytes) }
        countedOwnBytes = 0
        isClosed = true
        if counted > 0 { connection.changeBufferedBytes(by: -counted, paused: -paused) }
        if hasPendingEnd, readsAfterClose { return }
        streamClosed(code: code)
    }
}
