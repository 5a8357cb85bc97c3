import Access
import AuditModel
import AuditRPC
import Codec
import NIOCore

/// Who waits for the answer to a Record request.
enum RecordTicket: Sendable {
    case call(CallReference)
    /// The handler of a RecordStream, and which of its requests this is.
    case stream(CallReference, NIOLoopBound<RecordStreamCall>, slot: Int)
    /// The server itself, for an event of its own.
    case server(@Sendable (RecordJob<RecordTicket>) -> Void)

    /// Nil of the server's own.
    var call: CallReference? {
        switch self {
        case .call(let call), .stream(let call, _, _): call
        case .server: nil
        }
    }
}

/// What the calls of the two Record methods share: one object, so that a call keeps one reference.
final class RecordEntrance: Sendable {
    private let recorder: Recorder<RecordTicket>
    let limits: ServiceLimits
    private let now: @Sendable () -> Timestamp
    private let ids: EventIDSource

    init(
        recorder: Recorder<RecordTicket>, limits: ServiceLimits,
        now: @escaping @Sendable () -> Timestamp,
        ids: EventIDSource
    ) {
        self.recorder = recorder
        self.limits = limits
        self.now = now
        self.ids = ids
    }

    /// Decodes and checks a request on the caller's thread, unless its quotas refuse it whatever is in its events: what
    /// a flood costs is what is done before it is refused.
    ///
    /// - Throws: `busy`, `invalid`, or `forbidden` when one of the events is for an organization that is not the
    ///   caller's.
    func prepare(
        _ message: UnsafeRawBufferPointer, from origin: CallOrigin
    ) throws(ServiceError) -> PreparedRequest {
        let envelope: RecordEnvelope
        do throws(CodecError) {
            envelope = try RecordEnvelope(message)
        } catch {
            throw ServiceError(error)
        }
        if let refusal = refusal(of: envelope, from: origin) { throw ServiceError(refusal) }
        let now = self.now()
        var request: PreparedRequest
        do throws(CodecError) {
            request = try RecordDecoder.decode(envelope, now: now, defaults: origin.defaults) {
                ids.next(at: now)
            }
        } catch {
            throw ServiceError(error)
        }
        guard request.isWithin(origin.caller.reach) else { throw ServiceError(.organization) }
        request.recorder = origin.recorder
        return request
    }

    /// Why a request will be refused, where nothing in its events can change that.
    private func refusal(of envelope: RecordEnvelope, from origin: CallOrigin) -> QuotaRefusal? {
        let count = envelope.eventCount
        return origin.meters.refuses(
            // With partial success, rejected events take nothing.
            atLeast: RecordAmount(
                events: envelope.partialSuccess ? min(count, 1) : count, bytes: 1),
            atMost: RecordAmount(
                events: count, bytes: envelope.payloadBytesMax(origin.defaults)),
            at: .sinceStart)
    }

    /// Queues a request that was prepared, if the quotas of its origin let it pass.
    ///
    /// - Returns: why it was not taken; then nothing was of the quotas either. Nil when it was.
    func submit(
        _ request: consuming PreparedRequest, from origin: CallOrigin,
        ticket: consuming RecordTicket
    ) -> ServiceError? {
        let charge = origin.meters.charge(for: request.amount, of: request.amount)
        if let refusal = origin.meters.take(charge, at: .sinceStart) {
            return ServiceError(refusal)
        }
        guard let refusal = recorder.submit(request, ticket: ticket) else { return nil }
        origin.meters.giveBack(charge)
        return refusal
    }

    /// Hands the answers of one group commit to their calls: one wake-up for each event loop.
    static func deliver(_ jobs: [RecordJob<RecordTicket>]) {
        var ofCalls = jobs
        // Seldom: the copy is made only then.
        if jobs.contains(where: { $0.ticket.call == nil }) {
            for job in jobs {
                if case .server(let answered) = job.ticket { answered(job) }
            }
            ofCalls.removeAll { $0.ticket.call == nil }
        }
        CallReference.deliver(ofCalls, to: { $0.ticket.call.unsafelyUnwrapped }, answer)
    }

    private static func answer(_ call: ServerCall, _ job: RecordJob<RecordTicket>) {
        switch job.ticket {
        case .call: RecordCall.answer(job, call)
        case .stream(_, let handler, let slot): handler.value.answer(job, slot: slot, call)
        case .server: break
        }
    }
}

/// One unary Record, on the event loop of its connection: decoded there, stored by the committer,
/// answered there.
final class RecordCall: ServerCallHandler {
    private let entrance: RecordEntrance
    private var prepared: Result<PreparedRequest, ServiceError>?

    init(_ entrance: RecordEntrance) {
        self.entrance = entrance
    }

    func receive(message: UnsafeRawBufferPointer, on call: ServerCall) {
        do throws(ServiceError) {
            prepared = .success(try entrance.prepare(message, from: call.origin))
        } catch {
            prepared = .failure(error)
        }
    }

    /// Stored only now: a request that turns out to have two messages stores nothing.
    func receiveEnd(on call: ServerCall) {
        switch prepared.take() {
        case .success(let request):
            let ticket = RecordTicket.call(call.reference)
            guard let refusal = entrance.submit(request, from: call.origin, ticket: ticket)
            else { return }
            call.finish(RPCStatus(refusal))
        case .failure(let error):
            call.finish(RPCStatus(error))
        case nil:
            break
        }
    }

    /// What is queued is stored all the same: the client cannot know how far it got, and asks again
    /// with the same id.
    func cancel(reason: CancelReason, on call: ServerCall) {
        prepared = nil
    }

    static func answer(_ job: RecordJob<RecordTicket>, _ call: ServerCall) {
        switch job.outcome {
        case .success(let outcomes):
            call.send(message: RecordResponse.encode(outcomes, of: job.request))
            call.finish()
        case .failure(let error):
            call.finish(RPCStatus(error))
        }
    }
}

extension PreparedRequest {
    /// Whether all events that can be stored are for these organizations.
    fileprivate func isWithin(_ reach: Reach) -> Bool {
        guard case .only(let organizations) = reach else { return true }
        return bytes.withUnsafeBytes { bytes in
            events.allSatisfy { event in
                event.rejection != nil
                    || organizations.contains { bytes[event.organization].elementsEqual($0) }
            }
        }
    }
}

extension PreparedRequest {
    /// What it takes of a quota: of its events those that can be stored.
    fileprivate var amount: RecordAmount {
        RecordAmount(events: events.count - rejections.count, bytes: bytes.count)
    }

    fileprivate func amount(of organization: [UInt8]) -> RecordAmount {
        var amount = RecordAmount(events: 0, bytes: 0)
        bytes.withUnsafeBytes { bytes in
            for event in events where event.rejection == nil {
                guard bytes[event.organization].elementsEqual(organization) else { continue }
                amount.events += 1
                amount.bytes += event.payload.count
            }
        }
        return amount
    }
}

extension ServiceError {
    init(_ refusal: QuotaRefusal) {
        self.init(.busy, refusal.message, retryAfter: refusal.retryAfter)
    }
}

extension RecordResponse {
    static func encode(_ outcomes: EventOutcomes, of request: PreparedRequest) -> [UInt8] {
        var writer = RecordResponseWriter(count: outcomes.count)
        for (event, outcome) in zip(request.events, outcomes) {
            switch outcome {
            case .stored(let sequence, let recordedAt):
                writer.append(
                    id: event.id, sequence: sequence, recordedAt: recordedAt, duplicate: false)
            case .duplicate(let sequence, let recordedAt):
                writer.append(
                    id: event.id, sequence: sequence, recordedAt: recordedAt, duplicate: true)
            case .refused(let error):
                writer.append(
                    error: StatusDetails(error), id: event.idWasGiven ? event.id : nil)
            }
        }
        return writer.finish()
    }
}
