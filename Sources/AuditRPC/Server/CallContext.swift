package import NIOCore

/// What an asynchronous handler may know about its call.
package struct CallContext: Sendable {
    package let path: String
    /// Every request field that neither HTTP/2 nor gRPC uses.
    package let metadata: RPCMetadata
    /// The address of the client, as text.
    package let peer: String
    /// Whether the client is on this machine: it came through a Unix socket, or over a loopback address.
    package let peerIsLocal: Bool
    /// The certificate that the client showed, in DER and verified. Nil when clients need not show one.
    package let peerCertificate: [UInt8]?
    package let deadline: NIODeadline?
    /// What the gate of the server said of the caller.
    package let caller: (any AnyObject & Sendable)?
    private let pipes: ServerPipes
    private var lifetime: CallLifetime { pipes.lifetime }

    init(call: ServerCall, pipes: ServerPipes) {
        path = call.path
        metadata = call.metadata
        peer = call.peer
        peerIsLocal = call.peerIsLocal
        peerCertificate = call.peerCertificate
        deadline = call.deadline
        caller = call.caller
        self.pipes = pipes
    }

    /// Whether the request message that was read last came compressed.
    package var requestWasCompressed: Bool { pipes.inbound.lastWasCompressed }

    /// Sends the response headers now, with these fields. Throws FAILED_PRECONDITION after the first message, and the
    /// status of a call that is over. Fields that may not be sent are left out, and the log says so.
    package func sendInitialMetadata(_ metadata: RPCMetadata) throws(RPCError) {
        try pipes.sendInitialMetadata(metadata)
    }

    /// Sets what goes out with the status, whatever the status will be, before the fields of a thrown RPCError.
    package func setTrailingMetadata(_ metadata: RPCMetadata) {
        pipes.setTrailingMetadata(metadata)
    }

    /// Has the messages of the answer compressed when the client takes it; see `ServerCall.enableCompression`. Comes
    /// before the first message.
    package func enableCompression() {
        pipes.outbound.enableCompression()
    }

    /// Nil without a deadline; never negative.
    package var timeRemaining: TimeAmount? {
        deadline.map { max($0 - .now(), .zero) }
    }

    /// The server drains, or the call is over: a call that would go on for ever should end.
    package var isDraining: Bool { lifetime.isDraining }

    /// Returns when the server begins to drain. Throws CancellationError when the call ends first. One waiter of a
    /// call that is cancelled wakes the others too, so wait from one task.
    package func waitForDrain() async throws {
        try await lifetime.waitForDrain()
    }
}

/// The messages of a request, in order. Ends after the last one; throws an RPCError when the call is cut.
package struct RequestMessages: AsyncSequence, Sendable {
    package typealias Element = [UInt8]
    package typealias Failure = RPCError

    private let pipes: ServerPipes

    init(pipes: ServerPipes) {
        self.pipes = pipes
    }

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let pipes: ServerPipes

        package func next() async throws(RPCError) -> [UInt8]? {
            try await pipes.next()
        }

        package func next(
            isolation actor: isolated (any Actor)?
        ) async throws(RPCError) -> [UInt8]? {
            try await pipes.next()
        }
    }

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(pipes: pipes)
    }

    /// The message of a method that has one; the call has checked that there is one.
    func only() async throws(RPCError) -> [UInt8] {
        guard let message = try await pipes.next() else {
            throw RPCError(.unimplemented, "the method takes one request message, not none")
        }
        guard try await pipes.next() == nil else {
            throw RPCError(.unimplemented, "the method takes one request message, not several")
        }
        return message
    }
}

/// Sends the responses of a streaming call.
package struct MessageWriter: Sendable {
    private let pipes: ServerPipes

    init(pipes: ServerPipes) {
        self.pipes = pipes
    }

    /// Queues one message, then suspends while more than the high watermark (64 KiB) waits for the peer. Throws when
    /// the call is over or the task is cancelled.
    ///
    /// - Parameter compress: false keeps this message as it is, also after `enableCompression`.
    package func write(_ message: [UInt8], compress: Bool = true) async throws(RPCError) {
        try await pipes.write(message, compress: compress)
    }

    /// The one response of a method that has one, and OK, in one go.
    func finish(with message: [UInt8]) {
        pipes.finish(.ok, last: message)
    }
}
