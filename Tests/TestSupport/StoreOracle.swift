package import AuditModel
package import EventStore

/// What a store must hold: every event that was stored, in order. Checks the whole store against
/// it.
package struct StoreOracle: Sendable {
    package struct Stored: Hashable, Sendable {
        package var organization: String
        package var id: EventID
        package var occurredAt: Timestamp
        package var payload: [UInt8]
        /// Set when it was appended.
        package var recordedAt: Timestamp

        package init(
            organization: String, id: EventID, occurredAt: Timestamp, payload: [UInt8],
            recordedAt: Timestamp = .epoch
        ) {
            self.organization = organization
            self.id = id
            self.occurredAt = occurredAt
            self.payload = payload
            self.recordedAt = recordedAt
        }
    }

    /// From sequence 1 on, those that retention took included.
    package private(set) var events: [Stored] = []

    package init() {}

    package var head: Sequence { Sequence(UInt64(events.count)) }

    package subscript(_ sequence: Sequence) -> Stored { events[Int(sequence.rawValue) - 1] }

    /// Remembers what an append stored.
    package mutating func add(_ batch: EventBatch) {
        for index in 0..<batch.count { events.append(Stored(batch, index)) }
    }

    /// What differs between the store and this, as a sentence; nil when nothing does.
    ///
    /// Reads every event forward, backward, by sequence and by id.
    ///
    /// - Parameter shows: whether retention shows an event from the store's oldest on. What it does not
    ///   may be on disk or not, but is never changed, read or found.
    package func difference(
        to store: EventStore, shows: (Stored) -> Bool = { _ in true }
    ) throws(StoreError) -> String? {
        let bounds = store.bounds
        guard bounds.head == head else { return "head is \(bounds.head), not \(head)" }
        guard bounds.oldest > .zero, bounds.oldest <= head.next else {
            return "oldest is \(bounds.oldest)"
        }
        if let difference = try forwardDifference(store, bounds.oldest, shows) {
            return difference
        }
        if let difference = try backwardDifference(store, bounds.oldest, shows) {
            return difference
        }
        return try lookUpDifference(store, bounds.oldest, shows)
    }

    private func forwardDifference(
        _ store: EventStore, _ oldest: Sequence, _ shows: (Stored) -> Bool
    ) throws(StoreError) -> String? {
        var cursor = store.cursor(from: oldest, .forward)
        var expected = oldest
        var recordedAt = Timestamp(nanosecondsSinceEpoch: .min)
        while let batch = try cursor.next() {
            guard expected <= batch.lastSequence else {
                return "forward: \(batch.lastSequence) where \(expected) should be"
            }
            if let lost = lost(from: expected, before: batch.firstSequence, shows) {
                return "forward: \(batch.firstSequence) where \(lost) should be"
            }
            guard batch.recordedAt >= recordedAt else { return "recorded_at decreases" }
            recordedAt = batch.recordedAt
            if let difference = difference(in: batch) { return "forward: \(difference)" }
            expected = batch.lastSequence.next
        }
        return lost(from: expected, before: head.next, shows).map { "forward ends before \($0)" }
    }

    private func backwardDifference(
        _ store: EventStore, _ oldest: Sequence, _ shows: (Stored) -> Bool
    ) throws(StoreError) -> String? {
        var cursor = store.cursor(from: head, .backward)
        var expected = head
        while let batch = try cursor.next() {
            guard batch.lastSequence <= expected else {
                return "backward: \(batch.lastSequence) where \(expected) should be"
            }
            if let lost = lost(from: batch.lastSequence.next, before: expected.next, shows) {
                return "backward: \(batch.lastSequence) where \(lost) should be"
            }
            if let difference = difference(in: batch) { return "backward: \(difference)" }
            expected = batch.firstSequence.previous
        }
        return lost(from: oldest, before: expected.next, shows).map {
            "backward ends behind \($0)"
        }
    }

    /// The first event that is shown and should have come in that range.
    private func lost(
        from first: Sequence, before end: Sequence, _ shows: (Stored) -> Bool
    ) -> Sequence? {
        var sequence = max(first, Sequence(1))
        while sequence < end {
            if shows(self[sequence]) { return sequence }
            sequence = sequence.next
        }
        return nil
    }

    private func lookUpDifference(
        _ store: EventStore, _ oldest: Sequence, _ shows: (Stored) -> Bool
    ) throws(StoreError) -> String? {
        var sequence = oldest
        while sequence <= head {
            let (read, event) = (try store.read(sequence), self[sequence])
            let found = try StoreOracle.find(event, in: store)
            if shows(event) {
                guard let read, read.sequence == sequence, Stored(read.batch, read.index) == event
                else { return "read(\(sequence)) differs" }
                guard found == sequence else {
                    return "find gives \(String(describing: found)) for \(sequence)"
                }
            } else if read != nil || found.map({ !shows(self[$0]) }) ?? false {
                return "\(sequence) is hidden, and read or found"
            }
            sequence = sequence.next
        }
        guard try store.read(head.next) == nil, try store.read(oldest.previous) == nil else {
            return "reads outside of the bounds"
        }
        return nil
    }

    private func difference(in batch: EventBatch) -> String? {
        for index in 0..<batch.count
        where Stored(batch, index) != self[batch.firstSequence + index] {
            return "event \(batch.firstSequence + index) differs"
        }
        return nil
    }

    /// The sequence that the store finds for the event's organization and id.
    package static func find(
        _ event: Stored, in store: EventStore
    ) throws(StoreError) -> Sequence? {
        let organization = UnsafeMutableRawBufferPointer.allocate(
            byteCount: event.organization.utf8.count, alignment: 1)
        defer { organization.deallocate() }
        organization.copyBytes(from: event.organization.utf8)
        return try store.find(
            organization: UnsafeRawBufferPointer(organization), id: event.id)?.sequence
    }
}

extension StoreOracle.Stored {
    init(_ batch: EventBatch, _ index: Int) {
        self = batch.withEvent(at: index) { view in
            StoreOracle.Stored(
                organization: String(decoding: view.organization, as: UTF8.self), id: view.id,
                occurredAt: view.occurredAt, payload: Array(view.payload),
                recordedAt: view.recordedAt)
        }
    }
}

extension EventStore {
    /// Stores the events as one batch; `suffix` is appended to each payload in place.
    @discardableResult
    package func store(
        _ events: [StoreOracle.Stored], now: Timestamp, suffix: [UInt8] = []
    ) throws(StoreError) -> EventBatch {
        var batch = makeBatch(
            now: now, events: events.count, bytes: events.reduce(0) { $0 + $1.payload.count })
        for event in events {
            var organization = event.organization
            _ = organization.withUTF8 { organization in
                event.payload.withUnsafeBytes { payload in
                    batch.append(
                        organization: UnsafeRawBufferPointer(organization), id: event.id,
                        occurredAt: event.occurredAt, payload: payload,
                        suffixBytesMax: suffix.count
                    ) { buffer in
                        buffer.copyBytes(from: suffix)
                        return suffix.count
                    }
                }
            }
        }
        return try append(batch)
    }
}
