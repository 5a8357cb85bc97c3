import Logging
import NIOCore
import NIOEmbedded

@testable import AuditRPC

/// What a client sends to a server: HTTP/2 frames or anything else, to methods of each kind.
///
/// Input: `ConnectionScript`, then the bytes of the client.
@Sendable
func fuzzServerConnection(_ bytes: UnsafeRawBufferPointer) throws {
    var input = FuzzInput(bytes)
    let script = ConnectionScript(&input)
    let counts = CallCounts()
    let server = ServerContext(
        configuration: RPCServer.Configuration(limits: .tiny), routes: router(counts).table,
        logger: quiet)
    weak var leaked: ServerConnection?
    do {
        let loop = EmbeddedEventLoop()
        let connection = ServerConnection(eventLoop: loop, server: server)
        leaked = connection
        _ = server.connections.insert(connection)
        try script.run(connection, on: loop, preface: clientPreface, input.rest) {
            connection.drain(for: .drained)
        }
        try promise(connection.waiting.buffered == 0, "bytes of the client still count")
        try promise(connection.waiting.queued == 0, "bytes for the client still count")
    }
    try promise(server.connections.count == 0, "the connection is still registered")
    try promise(server.bytes.used == 0, "\(server.bytes.used) bytes of the server are still taken")
    try promise(server.calls.used == 0, "\(server.calls.used) calls of the server are still taken")
    try promise(counts.open == 0, "\(counts.open) calls have no end")
    try promise(counts.alive == 0, "\(counts.alive) handlers live on")
    try promise(leaked == nil, "the connection lives on")
}

private let clientPreface =
    Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0]

private func router(_ counts: CallCounts) -> RPCRouter {
    var router = RPCRouter()
    router.add("/f/Unary", requests: .one) { _ in FuzzHandler(counts, .atEnd) }
    router.add("/f/Late", requests: .one) { _ in FuzzHandler(counts, .later) }
    router.add("/f/Stream", requests: .many) { _ in FuzzHandler(counts, .eachMessage) }
    router.add("/f/Much", requests: .many) { _ in FuzzHandler(counts, .much) }
    return router
}

/// How many calls there were. The connection is driven by one thread.
private final class CallCounts: @unchecked Sendable {
    // @unchecked: see above.
    var alive = 0
    var open = 0
}

/// Answers what it is sent, in one of the ways in which handlers do.
private final class FuzzHandler: ServerCallHandler {
    enum Answer {
        case atEnd
        /// In a later turn of the event loop.
        case later
        /// Each message, and pauses reading now and then.
        case eachMessage
        /// More than the windows hold.
        case much
    }

    private let counts: CallCounts
    private let answer: Answer
    private var message: [UInt8] = []
    private var isOver = false

    init(_ counts: CallCounts, _ answer: Answer) {
        self.counts = counts
        self.answer = answer
        counts.alive += 1
        counts.open += 1
    }

    deinit { counts.alive -= 1 }

    func receive(message: UnsafeRawBufferPointer, on call: ServerCall) {
        precondition(!isOver, "a message after the end")
        switch answer {
        case .atEnd, .later:
            self.message = Array(message)
        case .eachMessage:
            call.send(message: Array(message))
            if message.count % 3 == 1 {
                call.pauseReading()
                call.eventLoop.assumeIsolated().execute { call.resumeReading() }
            }
        case .much:
            call.send(message: [UInt8](repeating: 7, count: 200 * message.count))
            if !call.isWritable { call.pauseReading() }
        }
    }

    func receiveEnd(on call: ServerCall) {
        precondition(!isOver, "an end after the end")
        switch answer {
        case .atEnd: finish(call)
        case .later: call.eventLoop.assumeIsolated().execute { self.finish(call) }
        case .eachMessage, .much: finish(call)
        }
    }

    private func finish(_ call: ServerCall) {
        guard !isOver else { return }
        over()
        if !message.isEmpty { call.send(message: message) }
        if message.count % 5 == 4 {
            call.finish(RPCStatus(.aborted, "for want of anything better"))
        } else {
            call.finish()
        }
    }

    func writable(on call: ServerCall) {
        precondition(!isOver, "writable after the end")
        call.resumeReading()
    }

    func drain(on call: ServerCall) {
        precondition(!isOver, "a drain after the end")
    }

    func cancel(reason: CancelReason, on call: ServerCall) {
        precondition(!isOver, "a second end")
        over()
    }

    private func over() {
        isOver = true
        counts.open -= 1
    }
}
