import Logging

/// Runs an asynchronous handler as a task beside the event loop: what the loop hears goes into pipes, and what the
/// task writes comes out of them.
final class AsyncCallHandler: ServerCallHandler {
    typealias Body =
        @Sendable (RequestMessages, MessageWriter, CallContext) async throws -> Void

    private let inbound: InboundPipe
    private let outbound: OutboundPipe
    private let lifetime: CallLifetime
    private var task: Task<Void, Never>?

    init(call: ServerCall, _ body: @escaping Body) {
        let limits = call.connection?.limits ?? RPCLimits()
        let reference = call.reference
        let inbound = InboundPipe(highWatermarkBytes: limits.inboundHighWatermarkBytes)
        let box = HandlerBox()
        let outbound = OutboundPipe(highWatermarkBytes: limits.outboundHighWatermarkBytes) {
            CallReference.deliver([(reference, box)]) { call, box in box.handler?.pump(call) }
        }
        let lifetime = CallLifetime()
        self.inbound = inbound
        self.outbound = outbound
        self.lifetime = lifetime
        box.handler = self

        let context = CallContext(call: call, lifetime: lifetime)
        let requests = RequestMessages(pipe: inbound, reference: reference)
        task = Self.run(
            body, requests: requests, outbound: outbound, context: context, logger: call.logger)
    }

    private static func run(
        _ body: @escaping Body, requests: RequestMessages, outbound: OutboundPipe,
        context: CallContext, logger: Logger?
    ) -> Task<Void, Never> {
        Task {
            do {
                try await body(requests, MessageWriter(pipe: outbound), context)
                outbound.finish(.status(.ok, RPCMetadata()))
            } catch {
                let end = AsyncCallHandler.end(of: error, path: context.path, logger: logger)
                outbound.finish(end)
            }
        }
    }

    /// What a client learns of an error: all of an RPCError but its cause, and nothing of any other, whose text may
    /// name what the client must not know. The log gets the rest.
    private static func end(
        of error: any Error, path: String, logger: Logger?
    ) -> OutboundPipe.End {
        switch error {
        case let error as RPCError:
            if error.cause != nil {
                logger?.notice(
                    "a call failed", metadata: ["path": "\(path)", "error": "\(error)"])
            }
            return .status(error.status, error.metadata)
        case is CancellationError:
            return .status(RPCStatus(.cancelled, "the call was cancelled"), RPCMetadata())
        default:
            logger?.error(
                "a handler threw an error that is not an RPCError",
                metadata: ["path": "\(path)", "error": "\(error)"])
            return .status(RPCStatus(.internal, "an internal error"), RPCMetadata())
        }
    }

    /// Hands what the task wrote to the call.
    private func pump(_ call: ServerCall) {
        let work = outbound.take()
        for message in work.messages { call.send(message: message) }
        outbound.setBlocked(!call.isWritable)
        guard case .status(let status, let trailers) = work.end else { return }
        end(RPCError(.cancelled, "the call is finished"))
        if status.isOK, trailers.isEmpty {
            call.finish()
        } else {
            call.finish(status, trailers: trailers)
        }
    }

    func receive(message: UnsafeRawBufferPointer, on call: ServerCall) {
        if inbound.push(Array(message)) { call.pauseReading() }
    }

    func receiveEnd(on call: ServerCall) {
        inbound.finish()
    }

    func writable(on call: ServerCall) {
        outbound.setBlocked(false)
    }

    func drain(on call: ServerCall) {
        lifetime.drain()
    }

    func cancel(reason: CancelReason, on call: ServerCall) {
        let error = RPCError(
            reason == .deadlineExceeded ? .deadlineExceeded : .cancelled, "\(reason)")
        task?.cancel()
        end(error)
    }

    private func end(_ error: RPCError) {
        inbound.fail(error)
        outbound.close(error)
        lifetime.end()
        task = nil
    }
}

/// Leads the loop back to a handler.
private final class HandlerBox: @unchecked Sendable {
    // @unchecked: written in the handler's init and read on the loop of its call, where the init ran as well. Weak,
    // because the call owns the handler.
    weak var handler: AsyncCallHandler?
}
