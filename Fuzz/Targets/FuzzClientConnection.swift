import Logging
import NIOCore
import NIOEmbedded

@testable import AuditRPC

/// What a server sends to a client that has three calls open.
///
/// Input: `ConnectionScript`, then the bytes of the server.
@Sendable
func fuzzClientConnection(_ bytes: UnsafeRawBufferPointer) throws {
    var input = FuzzInput(bytes)
    let script = ConnectionScript(&input)
    let sinks = (0..<3).map { _ in FuzzSink() }
    weak var leaked: ClientConnection?
    do {
        let loop = EmbeddedEventLoop()
        let connection = ClientConnection(
            eventLoop: loop, limits: .tiny, keepalive: RPCKeepalive(),
            address: .tcp(host: "fuzz", port: 1), isEncrypted: false, ready: loop.makePromise(),
            logger: quiet)
        leaked = connection
        try script.run(connection, on: loop, preface: serverPreface, input.rest) {
            connection.shutDown()
        } opened: {
            for (number, sink) in sinks.enumerated() {
                let stream = ClientStream(client: connection, sink: sink)
                connection.start(
                    stream, path: "/f/Call", options: CallOptions(compress: number == 2))
                stream.enqueue([1, 2, 3])
                // The last one is still sending when its answer comes.
                if number < 2 { stream.enqueueEnd() }
            }
        }
        try promise(connection.waiting.buffered == 0, "bytes of the server still count")
        try promise(connection.waiting.queued == 0, "bytes for the server still count")
    }
    for sink in sinks { try promise(sink.ends == 1, "a call has \(sink.ends) ends") }
    try promise(leaked == nil, "the connection lives on")
}

private let serverPreface: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]

/// Holds a call to the order of its events. @unchecked: the connection is driven by one thread.
private final class FuzzSink: ResponseSink, @unchecked Sendable {
    private(set) var ends = 0
    private var hasInitialMetadata = false

    func receive(initialMetadata: RPCMetadata, on stream: ClientStream) {
        precondition(ends == 0 && !hasInitialMetadata, "metadata after the end, or twice")
        hasInitialMetadata = true
    }

    func receive(message: UnsafeRawBufferPointer, on stream: ClientStream) {
        precondition(
            ends == 0 && hasInitialMetadata, "a message after the end, or without metadata")
        // Slow now and then.
        if message.count % 3 == 1 {
            stream.pauseReading()
            stream.eventLoop.assumeIsolated().execute { stream.resumeReading() }
        }
    }

    func end(_ error: RPCError?, trailingMetadata: RPCMetadata, on stream: ClientStream) {
        ends += 1
    }

    func writable(on stream: ClientStream) {
        precondition(ends == 0, "writable after the end")
    }
}
