import AuditRPC
import Codec
import NIOCore

/// One RecordStream: any number of requests under way, answered in their order.
final class RecordStreamCall: ServerCallHandler {
    private let entrance: RecordEntrance
    /// A response for each request under way, nil until it is known; the first one is number
    /// `firstSlot`.
    private var responses: [[UInt8]?] = []
    private var firstSlot = 0
    private var waitingBytes = 0
    private var end: RPCStatus?
    private var isPaused = false

    init(_ entrance: RecordEntrance) {
        self.entrance = entrance
    }

    func receive(message: UnsafeRawBufferPointer, on call: ServerCall) {
        let slot = firstSlot + responses.count
        responses.append(nil)
        if let refusal = submit(message, slot, call) {
            respond(
                RecordResponse(results: [], status: StatusDetails(refusal)).encoded(), slot, call)
        }
        if responses.count >= entrance.limits.streamUnderWayMax, !isPaused {
            isPaused = true
            call.pauseReading()
        }
    }

    /// Why the request was not queued; nil when it was.
    private func submit(
        _ message: UnsafeRawBufferPointer, _ slot: Int, _ call: ServerCall
    ) -> ServiceError? {
        do throws(ServiceError) {
            let request = try entrance.prepare(message, from: call.origin)
            let handler = NIOLoopBound(self, eventLoop: call.eventLoop)
            let ticket = RecordTicket.stream(call.reference, handler, slot: slot)
            return entrance.submit(request, from: call.origin, ticket: ticket)
        } catch {
            return error
        }
    }

    func answer(_ job: RecordJob<RecordTicket>, slot: Int, _ call: ServerCall) {
        switch job.outcome {
        case .success(let outcomes):
            respond(RecordResponse.encode(outcomes, of: job.request), slot, call)
        case .failure(let error):
            let response = RecordResponse(results: [], status: StatusDetails(error))
            respond(response.encoded(), slot, call)
        }
    }

    func receiveEnd(on call: ServerCall) {
        finish(.ok, call)
    }

    /// What was received is still answered; what comes after is not read.
    func drain(on call: ServerCall) {
        if !isPaused {
            isPaused = true
            call.pauseReading()
        }
        finish(RPCStatus(.unavailable, "the server is shutting down; send the rest again"), call)
    }

    func writable(on call: ServerCall) {
        flush(call)
    }

    func cancel(reason: CancelReason, on call: ServerCall) {
        responses = []
    }

    private func respond(_ response: [UInt8], _ slot: Int, _ call: ServerCall) {
        guard responses.indices.contains(slot - firstSlot) else { return }
        responses[slot - firstSlot] = response
        waitingBytes += response.count
        if slot == firstSlot { flush(call) }
        guard waitingBytes > entrance.limits.streamWaitingBytesMax else { return }
        call.finish(
            RPCStatus(
                .resourceExhausted,
                "answers of \(waitingBytes) bytes wait to be read; read while you send"))
        responses = []
        waitingBytes = 0
    }

    /// Sends the responses that are known, up to the first that is not.
    private func flush(_ call: ServerCall) {
        var known = 0
        while known < responses.count, call.isWritable, let response = responses[known] {
            call.send(message: response)
            waitingBytes -= response.count
            known += 1
        }
        responses.removeFirst(known)
        firstSlot += known
        if isPaused, end == nil, responses.count <= entrance.limits.streamUnderWayMax / 2 {
            isPaused = false
            call.resumeReading()
        }
        if let end, responses.isEmpty { call.finish(end) }
    }

    private func finish(_ status: RPCStatus, _ call: ServerCall) {
        if end == nil { end = status }
        flush(call)
    }
}
