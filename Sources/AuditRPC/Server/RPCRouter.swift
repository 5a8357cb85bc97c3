package import NIOCore

/// Maps paths (`/package.Service/Method`) to handlers. Filled before the server starts; then it only reads.
package struct RPCRouter: Sendable {
    /// How many messages a request has. The server refuses any other number.
    package enum RequestKind: Sendable {
        case one
        case many
    }

    /// Makes the handler of one call, on its event loop.
    package typealias MakeHandler = @Sendable (ServerCall) -> any ServerCallHandler

    package init() {}

    /// Serves `path` on the event loop. Registering a path twice is a programming error.
    package mutating func add(
        _ path: String, requests: RequestKind, handler: @escaping MakeHandler
    ) { fatalError() }

    /// One request, one response. The task is cancelled when the call ends early.
    package mutating func addUnary(
        _ path: String,
        _ body: @escaping @Sendable ([UInt8], CallContext) async throws -> [UInt8]
    ) { fatalError() }

    package mutating func addServerStreaming(
        _ path: String,
        _ body: @escaping @Sendable ([UInt8], MessageWriter, CallContext) async throws -> Void
    ) { fatalError() }

    package mutating func addClientStreaming(
        _ path: String,
        _ body: @escaping @Sendable (RequestMessages, CallContext) async throws -> [UInt8]
    ) { fatalError() }

    package mutating func addBidirectional(
        _ path: String,
        _ body: @escaping @Sendable (RequestMessages, MessageWriter, CallContext) async throws
            -> Void
    ) { fatalError() }
}

/// The messages of a request, in order. Ends after the last; throws when the call is cancelled.
package struct RequestMessages: AsyncSequence, Sendable {
    package typealias Element = [UInt8]
    package struct AsyncIterator: AsyncIteratorProtocol {
        package mutating func next() async throws -> [UInt8]? { fatalError() }
    }
    package func makeAsyncIterator() -> AsyncIterator { fatalError() }
}

/// Sends the responses of a streaming call.
package struct MessageWriter: Sendable {
    /// Suspends while more than the high watermark (64 KiB) waits for the peer. Throws when the call is over.
    package func write(_ message: [UInt8]) async throws(RPCError) { fatalError() }
}

/// What an asynchronous handler may know about its call.
package struct CallContext: Sendable {
    package var path: String
    package var metadata: RPCMetadata
    /// The address of the client, as text.
    package var peer: String
    package var deadline: NIODeadline?
    /// Nil without a deadline; never negative.
    package var timeRemaining: TimeAmount? { fatalError() }
    package var isDraining: Bool { fatalError() }
    /// Returns when the server begins to drain, or throws CancellationError when the call ends first.
    package func waitForDrain() async throws { fatalError() }
}
