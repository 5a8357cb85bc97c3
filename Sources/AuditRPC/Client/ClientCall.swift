/// A call that a client started. Dropping the last reference cancels it.
package final class ClientCall: Sendable {
    private let stream: ClientStream
    private let pipes: CallPipes
    private let connection: RPCClientConnection

    init(connection: RPCClientConnection, stream: ClientStream, pipes: CallPipes) {
        self.connection = connection
        self.stream = stream
        self.pipes = pipes
    }

    deinit {
        cancel()
    }

    /// Sends one message, then suspends while more than the high watermark waits. Throws the status of a call that
    /// is over.
    ///
    /// - Parameter compress: false keeps this message as it is in a call whose options compress.
    package func write(_ message: [UInt8], compress: Bool = true) async throws(RPCError) {
        try await pipes.outbound.write(message, compress: compress) { wakeLoop() }
    }

    /// No message follows.
    package func finishWriting() {
        pipes.outbound.finish(.finished) { wakeLoop() }
    }

    private func wakeLoop() {
        connection.perform { [stream, pipes] _ in pipes.pump(stream) }
    }

    /// The responses; for one reader. Ends with OK, throws any other status.
    package var messages: ResponseMessages { ResponseMessages(call: self) }

    /// What the server sends before its first message. Waits for it, or for the end of the call; empty when there is
    /// none, or when the task is cancelled.
    package var initialMetadata: RPCMetadata {
        get async { await pipes.initialMetadata.value() ?? RPCMetadata() }
    }

    /// What the server sends with its status. Waits for the end of the call, which comes when its messages have been
    /// read; empty when there is none, or when the task is cancelled.
    package var trailingMetadata: RPCMetadata {
        get async { await pipes.trailingMetadata.value() ?? RPCMetadata() }
    }

    /// Whether the response that was read last came compressed.
    package var responseWasCompressed: Bool { pipes.inbound.lastWasCompressed }

    /// Resets the call; `messages` throws CANCELLED. A call that is over stays as it is.
    package func cancel() {
        connection.perform { [stream, pipes] _ in
            let error = RPCError(.cancelled, "the call was cancelled")
            guard !stream.isComplete else { return }
            pipes.inbound.fail(error)
            stream.fail(error)
        }
    }

    fileprivate func next() async throws(RPCError) -> [UInt8]? {
        try await pipes.inbound.next {
            connection.perform { [stream] _ in stream.resumeReading() }
        }
    }
}

/// The responses of a call, in order. While nobody takes them, flow control stops the server.
package struct ResponseMessages: AsyncSequence, Sendable {
    package typealias Element = [UInt8]
    package typealias Failure = RPCError

    fileprivate let call: ClientCall

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let call: ClientCall

        package func next() async throws(RPCError) -> [UInt8]? {
            try await call.next()
        }

        package func next(
            isolation actor: isolated (any Actor)?
        ) async throws(RPCError) -> [UInt8]? {
            try await call.next()
        }
    }

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(call: call)
    }
}

/// Both directions of a call, between its tasks and its event loop.
final class CallPipes: ResponseSink {
    let inbound: InboundPipe
    let outbound: OutboundPipe
    let initialMetadata = Latch<RPCMetadata>()
    let trailingMetadata = Latch<RPCMetadata>()

    init(inbound: InboundPipe, outbound: OutboundPipe) {
        self.inbound = inbound
        self.outbound = outbound
    }

    /// Hands what was written to the stream.
    func pump(_ stream: ClientStream) {
        let work = outbound.take()
        guard !stream.isComplete else { return }
        for message in work.messages {
            stream.enqueue(message.bytes, compress: message.compress)
        }
        if work.end != nil { stream.enqueueEnd() }
        outbound.setBlocked(!stream.isWritable)
    }

    func receive(initialMetadata: RPCMetadata, on stream: ClientStream) {
        self.initialMetadata.set(initialMetadata)
    }

    func receive(message: UnsafeRawBufferPointer, on stream: ClientStream) {
        if inbound.push(Array(message), wasCompressed: stream.wasCompressed) {
            stream.pauseReading()
        }
    }

    func end(_ error: RPCError?, trailingMetadata: RPCMetadata, on stream: ClientStream) {
        initialMetadata.set(RPCMetadata())
        self.trailingMetadata.set(trailingMetadata)
        // First, so that whoever has read the end finds that nothing can be written.
        outbound.close(error ?? RPCError(.failedPrecondition, "the server has ended the call"))
        if let error {
            // The server's answers before it count.
            inbound.finish(throwing: error)
        } else {
            inbound.finish()
        }
    }

    func writable(on stream: ClientStream) {
        outbound.setBlocked(false)
    }
}
