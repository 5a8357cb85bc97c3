package import NIOCore

/// One call, as the server sees it. Belongs to the event loop of its connection.
package final class ServerCall {
    /// The path of the method: `/package.Service/Method`.
    package var path: String { fatalError() }
    /// Every request field that gRPC itself does not use. Lookups make Strings; the fields are kept as bytes.
    package var metadata: RPCMetadata { fatalError() }
    /// The address of the client, as text.
    package var peer: String { fatalError() }
    /// When the client gives up; nil without `grpc-timeout`.
    package var deadline: NIODeadline? { fatalError() }
    package var eventLoop: any EventLoop { fatalError() }
    /// False when finished, reset or cut.
    package var isOpen: Bool { fatalError() }
    package var isDraining: Bool { fatalError() }
    /// False while the outbound queue is above the high watermark; `writable(on:)` says when it fell.
    package var isWritable: Bool { fatalError() }
    /// Sends one message. A call that is over ignores it.
    package func send(message: [UInt8]) { fatalError() }
    /// Ends the call, after the messages sent before. Only the first one counts.
    package func finish(_ status: RPCStatus = .ok, trailers: RPCMetadata = RPCMetadata()) {
        fatalError()
    }
    /// Stops reading: no window is given back, and complete messages wait.
    package func pauseReading() { fatalError() }
    package func resumeReading() { fatalError() }
    /// For answers from other threads.
    package var reference: CallReference { fatalError() }
}

/// Names a call from any thread.
package struct CallReference: Sendable {
    package var eventLoop: any EventLoop { fatalError() }

    /// Runs `body` on the event loops of the calls, for the calls that are still open: one wake-up for each
    /// loop and one write for each connection, however many answers there are.
    package static func deliver<T: Sendable>(
        _ answers: [(CallReference, T)],
        _ body: @escaping @Sendable (ServerCall, T) -> Void
    ) { fatalError() }
}
