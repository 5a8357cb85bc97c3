import AuditRPC
import InteropMessages
import NIOCore

/// A call whose answer is a stream: StreamingOutputCall, FullDuplexCall and HalfDuplexCall.
///
/// It reads the next request when it owes nothing, and sends as fast as the client takes: flow control in both
/// directions holds its memory.
final class StreamedAnswer: ServerCallHandler {
    private let echo: EchoedMetadata
    private var queue: ResponseQueue
    private var interval: Scheduled<Void>?
    private var hasSentHeaders = false
    private var isPaused = false
    private var isAdvancing = false

    init(call: ServerCall, queue: ResponseQueue) {
        echo = EchoedMetadata(of: call.metadata)
        self.queue = queue
    }

    func receive(message: UnsafeRawBufferPointer, on call: ServerCall) {
        do throws(RPCError) {
            guard queue.take(try StreamingOutputCallRequest(request: message)) else {
                throw RPCError(
                    .resourceExhausted, "at most \(ResponseQueue.countMax) responses wait at once")
            }
        } catch {
            return finish(error.status, on: call)
        }
        isPaused = true
        call.pauseReading()
        advance(call)
    }

    func receiveEnd(on call: ServerCall) {
        queue.requestsEnded()
        advance(call)
    }

    func writable(on call: ServerCall) {
        advance(call)
    }

    func cancel(reason: CancelReason, on call: ServerCall) {
        interval?.cancel()
    }

    /// Does what comes next, until that has to wait: for time, for the client to read, or for a request.
    private func advance(_ call: ServerCall) {
        // `resumeReading` below may bring a request, and with it another call of this function.
        guard !isAdvancing else { return }
        isAdvancing = true
        defer { isAdvancing = false }
        while call.isOpen, call.isWritable, interval == nil {
            switch queue.next() {
            case .send(let bytes, let isCompressed):
                send(bytes, isCompressed: isCompressed, on: call)
            case .wait(let microseconds):
                wait(microseconds, on: call)
            case .finish(let status):
                finish(status.map { RPCStatus($0) } ?? .ok, on: call)
            case .readRequest:
                guard isPaused else { return }
                isPaused = false
                call.resumeReading()
            }
        }
    }

    private func send(_ bytes: Int, isCompressed: Bool?, on call: ServerCall) {
        do throws(RPCError) {
            let response = try PayloadResponse(requestedBytes: bytes)
            sendHeaders(on: call)
            call.send(message: response.encoded, compress: isCompressed == true)
        } catch {
            finish(error.status, on: call)
        }
    }

    private func wait(_ microseconds: Int, on call: ServerCall) {
        let time = TimeAmount.microseconds(Int64(microseconds))
        interval = call.eventLoop.assumeIsolated().scheduleTask(in: time) {
            self.interval = nil
            self.queue.waited()
            self.advance(call)
        }
    }

    /// The headers come before it is known what later requests ask for: they say that messages may be
    /// compressed, and each message says it for itself.
    private func sendHeaders(on call: ServerCall) {
        guard !hasSentHeaders else { return }
        hasSentHeaders = true
        call.enableCompression()
        if !echo.initial.isEmpty { call.sendInitialMetadata(echo.initial) }
    }

    private func finish(_ status: RPCStatus, on call: ServerCall) {
        sendHeaders(on: call)
        call.finish(status, trailers: echo.trailing)
    }
}
