import AuditModel
import Codec
import EventStore

/// One group commit: looks up ids, gives each event the next sequence of its organization, makes one frame,
/// writes and syncs it once.
///
/// Lives on the committer's thread. All of a request goes into one frame, so a crash keeps all of
/// it or nothing.
struct Committer<Ticket: Sendable>: ~Copyable {
    typealias Job = RecordJob<Ticket>

    private let store: EventStore
    private let sequences: SequenceBook
    private let now: @Sendable () -> Timestamp
    private var pending = PendingIDs()
    private var given: GivenSequences

    init(
        store: EventStore, sequences: SequenceBook, now: @escaping @Sendable () -> Timestamp
    ) {
        self.store = store
        self.sequences = sequences
        self.now = now
        given = GivenSequences(sequences)
    }

    /// What happens to one event, decided before anything is written.
    private enum Decision {
        case store(Sequence)
        case duplicate(Sequence, Timestamp)
        /// Of an event in this same batch: it stands or falls with it.
        case duplicateOfPending(Sequence)
        case refuse(ServiceError)
    }

    private enum Decisions {
        /// All, from this sequence on, one after the other.
        case storeAll(first: Sequence)
        case each([Decision])
    }

    /// Stores the work and tells each job what became of it. Gives what was stored, nil when nothing
    /// was.
    mutating func commit(_ work: [Job]) -> EventBatch? {
        pending.removeAll()
        given.removeAll()
        var events = 0
        var bytes = 0
        for job in work {
            events += job.request.events.count
            bytes += job.request.bytes.count
            bytes += job.request.events.count * job.request.recorder.bytes.count
        }
        bytes += events * (ServerFields.bytesMax + Limit.organizationBytesExpected)
        var batch = store.makeBatch(now: now(), events: events, bytes: bytes)
        var decisions: [Result<Decisions, ServiceError>] = []
        decisions.reserveCapacity(work.count)
        for index in work.indices {
            let decided = decide(index, of: work)
            if case .success(let decided) = decided {
                append(work[index], decided, to: &batch)
            }
            decisions.append(decided)
        }
        guard !batch.isEmpty else {
            finish(work, decisions, written: .success(batch.recordedAt))
            return nil
        }
        do throws(StoreError) {
            let stored = try store.append(batch)
            sequences.stored(given.newest)
            finish(work, decisions, written: .success(stored.recordedAt))
            return stored
        } catch {
            finish(work, decisions, written: .failure(ServiceError(error)))
            return nil
        }
    }

    private mutating func decide(
        _ index: Int, of work: [Job]
    ) -> Result<Decisions, ServiceError> {
        let job = work[index]
        let mark = pending.mark
        var first = Sequence.zero
        // Nil as long as all are to be stored one after the other, which is the usual case and takes no list.
        var decisions: [Decision]?
        for (position, event) in job.request.events.enumerated() {
            let decision = decide(event, position, index, of: work)
            switch decision {
            case .refuse(let error) where !job.request.partialSuccess:
                pending.rollBack(to: mark)
                takeBack(job, before: position, decisions)
                return .failure(error)
            case .store(let sequence):
                if event.idWasGiven {
                    pending.add(event.id, request: index, event: position, sequence: sequence)
                }
                if position == 0 { first = sequence }
                if decisions == nil, sequence == first + position { continue }
            case .refuse, .duplicate, .duplicateOfPending:
                break
            }
            if decisions == nil { decisions = (0..<position).map { .store(first + $0) } }
            decisions?.append(decision)
        }
        return .success(decisions.map(Decisions.each) ?? .storeAll(first: first))
    }

    /// The events before `position` of a request that is refused were given sequences.
    private mutating func takeBack(_ job: Job, before position: Int, _ decisions: [Decision]?) {
        for event in 0..<position {
            if let decisions {
                guard case .store = decisions[event] else { continue }
            }
            job.request.withOrganization(of: event) { given.takeBack(of: $0) }
        }
    }

    private mutating func decide(
        _ event: PreparedEvent, _ position: Int, _ index: Int, of work: [Job]
    ) -> Decision {
        if let rejection = event.rejection {
            return .refuse(ServiceError(work[index].request.rejections[rejection]))
        }
        return work[index].request.bytes.withUnsafeBytes { bytes -> Decision in
            let organization = UnsafeRawBufferPointer(rebasing: bytes[event.organization])
            if event.idWasGiven {
                let canonical = UnsafeRawBufferPointer(rebasing: bytes[event.payload])
                let duplicate =
                    pendingDuplicate(of: event, organization, canonical, position, work)
                    ?? storedDuplicate(of: event, organization, canonical, position)
                if let duplicate { return duplicate }
            }
            do throws(StoreError) {
                return .store(try given.next(of: organization))
            } catch {
                return .refuse(ServiceError(error))
            }
        }
    }

    private func pendingDuplicate(
        of event: PreparedEvent, _ organization: UnsafeRawBufferPointer,
        _ canonical: UnsafeRawBufferPointer, _ position: Int, _ work: [Job]
    ) -> Decision? {
        let found = pending.find(event.id) { reference in
            work[reference.request].request.withOrganization(of: reference.event) {
                $0.elementsEqual(organization)
            }
        }
        guard let found else { return nil }
        let isSame = work[found.request].request.withPayload(of: found.event) {
            $0.elementsEqual(canonical)
        }
        return isSame
            ? .duplicateOfPending(found.sequence) : .refuse(Self.conflict(event, position))
    }

    private func storedDuplicate(
        of event: PreparedEvent, _ organization: UnsafeRawBufferPointer,
        _ canonical: UnsafeRawBufferPointer, _ position: Int
    ) -> Decision? {
        do throws(StoreError) {
            guard let found = try store.find(organization: organization, id: event.id) else {
                return nil
            }
            return found.batch.withEvent(at: found.index) { stored in
                ServerFields.sameContent(stored: stored.payload, canonical: canonical)
                    ? .duplicate(stored.ownSequence, stored.recordedAt)
                    : .refuse(Self.conflict(event, position))
            }
        } catch {
            // Whether the id is there cannot be told: storing it might store it twice.
            return .refuse(ServiceError(error))
        }
    }

    private static func conflict(_ event: PreparedEvent, _ position: Int) -> ServiceError {
        let reason =
            "event \(event.id) is stored already with other content; an event never changes: "
            + "send it with an id of its own"
        return ServiceError(
            .alreadyExists, reason,
            violations: [FieldViolation(field: "events[\(position)].id", reason: reason)])
    }

    private mutating func append(
        _ job: Job, _ decisions: Decisions, to batch: inout AppendBatch
    ) {
        let recorder = job.request.recorder
        job.request.bytes.withUnsafeBytes { bytes in
            for (position, event) in job.request.events.enumerated() {
                switch decisions {
                case .storeAll(let first):
                    append(event, bytes, first + position, by: recorder, to: &batch)
                case .each(let decisions):
                    guard case .store(let sequence) = decisions[position] else { continue }
                    append(event, bytes, sequence, by: recorder, to: &batch)
                }
            }
        }
    }

    private mutating func append(
        _ event: PreparedEvent, _ bytes: UnsafeRawBufferPointer, _ sequence: Sequence,
        by recorder: RecorderStamp, to batch: inout AppendBatch
    ) {
        let recordedAt = batch.recordedAt
        let organization = UnsafeRawBufferPointer(rebasing: bytes[event.organization])
        let place = batch.append(
            organization: organization,
            id: event.id, occurredAt: event.occurredAt ?? recordedAt,
            payload: UnsafeRawBufferPointer(rebasing: bytes[event.payload]),
            suffixBytesMax: recorder.bytes.count + ServerFields.bytesMax
        ) { suffix in
            ServerFields.write(
                recorder: recorder, sequence: sequence, recordedAt: recordedAt,
                occurredAt: event.occurredAt, to: suffix)
        }
        given.placed(place, of: organization)
    }

    /// Turns decisions into outcomes once the write is over; `written` is the batch's recorded_at
    /// or why it failed.
    private func finish(
        _ work: [Job], _ decisions: [Result<Decisions, ServiceError>],
        written: Result<Timestamp, ServiceError>
    ) {
        for (job, decided) in zip(work, decisions) {
            let events = job.request.events.count
            job.finish(decided.flatMap { Self.outcome($0, of: events, written) })
        }
    }

    private static func outcome(
        _ decisions: Decisions, of events: Int, _ written: Result<Timestamp, ServiceError>
    ) -> Result<EventOutcomes, ServiceError> {
        switch decisions {
        case .storeAll(let first): written.map { .stored(first: first, count: events, $0) }
        case .each(let decisions): outcome(decisions, written)
        }
    }

    private static func outcome(
        _ decisions: [Decision], _ written: Result<Timestamp, ServiceError>
    ) -> Result<EventOutcomes, ServiceError> {
        var outcomes: [EventOutcome] = []
        outcomes.reserveCapacity(decisions.count)
        for decision in decisions {
            switch (decision, written) {
            case (.duplicate(let sequence, let recordedAt), _):
                outcomes.append(.duplicate(sequence, recordedAt))
            case (.refuse(let error), _):
                outcomes.append(.refused(error))
            case (_, .failure(let error)):
                return .failure(error)
            case (.store(let sequence), .success(let recordedAt)):
                outcomes.append(.stored(sequence, recordedAt))
            case (.duplicateOfPending(let sequence), .success(let recordedAt)):
                outcomes.append(.duplicate(sequence, recordedAt))
            }
        }
        return .success(.each(outcomes))
    }

    private enum Limit {
        /// Bytes of an organization's name that the first size of a frame allows for; more makes it
        /// grow.
        static var organizationBytesExpected: Int { 64 }
    }
}

extension PreparedRequest {
    func withOrganization<Result>(of event: Int, _ body: (UnsafeRawBufferPointer) -> Result)
        -> Result
    {
        bytes.withUnsafeBytes {
            body(UnsafeRawBufferPointer(rebasing: $0[events[event].organization]))
        }
    }

    func withPayload<Result>(of event: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[events[event].payload])) }
    }
}
