package import Logging
package import NIOCore

/// What a client says about one call.
package struct CallOptions: Sendable {
    /// The call ends with DEADLINE_EXCEEDED after this time, on both sides. Nil: never.
    package var timeout: TimeAmount?
    package var metadata: RPCMetadata

    package init(timeout: TimeAmount? = nil, metadata: RPCMetadata = RPCMetadata()) {
        self.timeout = timeout
        self.metadata = metadata
    }
}

/// One HTTP/2 connection to a gRPC server. It does not reconnect: after GOAWAY or a loss, make another one.
package final class RPCClientConnection: Sendable {
    package struct Configuration: Sendable {
        package var limits = RPCLimits()
        /// For TCP and the HTTP/2 handshake together.
        package var connectTimeout = TimeAmount.seconds(10)
        package init() {}
    }

    /// False after a loss, GOAWAY or `close`: new calls end with UNAVAILABLE.
    package var isOpen: Bool { fatalError() }

    /// Throws UNAVAILABLE that names address and reason: refused, unreachable, not HTTP/2 ...
    package static func connect(
        to address: SocketAddress, on group: any EventLoopGroup,
        configuration: Configuration = Configuration(), logger: Logger
    ) async throws(RPCError) -> RPCClientConnection { fatalError() }

    /// Resolves the name and connects; see `connect(to:on:)`.
    package static func connect(
        host: String, port: Int, on group: any EventLoopGroup,
        configuration: Configuration = Configuration(), logger: Logger
    ) async throws(RPCError) -> RPCClientConnection { fatalError() }

    /// One request, one response. Cancelling the task resets the call. Throws the call's status.
    package func unary(
        _ path: String, _ message: [UInt8], options: CallOptions = CallOptions()
    ) async throws(RPCError) -> [UInt8] { fatalError() }

    /// Starts a call of any kind.
    package func call(_ path: String, options: CallOptions = CallOptions()) -> ClientCall {
        fatalError()
    }

    /// Ends open calls with UNAVAILABLE, says GOAWAY, closes. Returns when it is closed.
    package func close() async { fatalError() }
}

/// A call that a client started. Dropping the last reference cancels it.
package final class ClientCall: Sendable {
    /// Sends one message; suspends while more than the high watermark waits. Throws the status of the call when
    /// it is over.
    package func write(_ message: [UInt8]) async throws(RPCError) { fatalError() }
    /// No message follows.
    package func finishWriting() { fatalError() }
    /// The responses; for one reader. Ends with OK, throws any other status.
    package var messages: ResponseMessages { fatalError() }
    /// Resets the call; `messages` throws CANCELLED.
    package func cancel() { fatalError() }
}

/// The responses of a call, in order. While nobody takes them, the server is stopped by flow control.
package struct ResponseMessages: AsyncSequence, Sendable {
    package typealias Element = [UInt8]
    package typealias Failure = RPCError
    package struct AsyncIterator: AsyncIteratorProtocol {
        package mutating func next() async throws(RPCError) -> [UInt8]? { fatalError() }
    }
    package func makeAsyncIterator() -> AsyncIterator { fatalError() }
}
