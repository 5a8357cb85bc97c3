import Logging
import Synchronization

/// Runs an asynchronous handler as a task beside the event loop: what the loop hears goes into pipes, and what the
/// task writes comes out of them.
final class AsyncCallHandler: ServerCallHandler {
    typealias Body =
        @Sendable (RequestMessages, MessageWriter, CallContext) async throws -> Void

    private let pipes: ServerPipes
    private let task: Task<Void, Never>

    init(call: ServerCall, _ body: @escaping Body) {
        let pipes = ServerPipes(call: call)
        self.pipes = pipes
        let context = CallContext(call: call, pipes: pipes)
        task = Self.run(body, pipes: pipes, context: context, logger: call.logger)
    }

    private static func run(
        _ body: @escaping Body, pipes: ServerPipes, context: CallContext, logger: Logger?
    ) -> Task<Void, Never> {
        Task {
            let requests = RequestMessages(pipes: pipes)
            do {
                try await body(requests, MessageWriter(pipes: pipes), context)
                pipes.finish(.ok)
            } catch {
                let error = AsyncCallHandler.visible(error, path: context.path, logger: logger)
                pipes.finish(error.status, trailers: error.metadata)
            }
        }
    }

    /// What a client learns of an error: all of an RPCError but its cause, and nothing of any other, whose text may
    /// name what the client must not know. The log gets the rest.
    private static func visible(_ error: any Error, path: String, logger: Logger?) -> RPCError {
        switch error {
        case let error as RPCError:
            if error.cause != nil {
                logger?.notice(
                    "a call failed", metadata: ["path": "\(path)", "error": "\(error)"])
            }
            return error
        case is CancellationError:
            return RPCError(.cancelled, "the call was cancelled")
        default:
            logger?.error(
                "a handler threw an error that is not an RPCError",
                metadata: ["path": "\(path)", "error": "\(error)"])
            return RPCError(.internal, "an internal error")
        }
    }

    func receive(message: UnsafeRawBufferPointer, on call: ServerCall) {
        if pipes.inbound.push(Array(message), wasCompressed: call.wasCompressed) {
            call.pauseReading()
        }
        call.untakenBytes = untakenBytes
    }

    var untakenBytes: Int { pipes.inbound.byteCount }

    func receiveEnd(on call: ServerCall) {
        pipes.inbound.finish()
    }

    func writable(on call: ServerCall) {
        pipes.outbound.setBlocked(false)
    }

    func drain(on call: ServerCall) {
        pipes.lifetime.drain()
    }

    func cancel(reason: CancelReason, on call: ServerCall) {
        task.cancel()
        pipes.close(
            RPCError(
                reason == .deadlineExceeded ? .deadlineExceeded : .cancelled,
                "the call is over: \(reason)"))
    }
}

/// Both directions of a call, between its task and its event loop.
final class ServerPipes: Sendable {
    let inbound: InboundPipe
    let outbound: OutboundPipe
    let lifetime = CallLifetime()
    /// What the handler wants in the trailers.
    private let trailers = Mutex(RPCMetadata())
    private let reference: CallReference

    init(call: ServerCall) {
        let limits = call.connection?.limits ?? RPCLimits()
        inbound = InboundPipe(highWatermarkBytes: limits.inboundHighWatermarkBytes)
        outbound = OutboundPipe(highWatermarkBytes: limits.outboundHighWatermarkBytes)
        reference = call.reference
    }

    // MARK: The task's side

    func next() async throws(RPCError) -> [UInt8]? {
        try await inbound.next {
            reference.execute { $0.resumeReading() }
        }
    }

    func write(_ message: [UInt8], compress: Bool) async throws(RPCError) {
        try await outbound.write(message, compress: compress) { wakeLoop() }
    }

    func sendInitialMetadata(_ metadata: RPCMetadata) throws(RPCError) {
        try outbound.sendInitialMetadata(metadata) { wakeLoop() }
    }

    func setTrailingMetadata(_ metadata: RPCMetadata) {
        trailers.withLock { $0 = metadata }
    }

    /// The call's end, after a last message perhaps. Only the first one counts.
    func finish(
        _ status: RPCStatus, trailers: RPCMetadata = RPCMetadata(), last message: [UInt8]? = nil
    ) {
        var all = self.trailers.withLock { $0 }
        all.append(contentsOf: trailers)
        outbound.finish(.status(status, all), last: message) { wakeLoop() }
    }

    private func wakeLoop() {
        reference.execute { [self] in pump($0) }
    }

    // MARK: The loop's side

    /// Hands what the task wrote to the call.
    private func pump(_ call: ServerCall) {
        let work = outbound.take()
        if work.enablesCompression { call.enableCompression() }
        if let metadata = work.initialMetadata { call.sendInitialMetadata(metadata) }
        for message in work.messages {
            call.send(message: message.bytes, compress: message.compress)
        }
        outbound.setBlocked(!call.isWritable)
        guard case .status(let status, let trailers) = work.end else { return }
        close(RPCError(.cancelled, "the call is finished"))
        if status.isOK, trailers.isEmpty {
            call.finish()
        } else {
            call.finish(status, trailers: trailers)
        }
    }

    func close(_ error: RPCError) {
        inbound.fail(error)
        outbound.close(error)
        lifetime.end()
    }
}
