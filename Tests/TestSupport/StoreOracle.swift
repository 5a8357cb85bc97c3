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

    /// What retention says of an event. What it does not show may be on disk or not.
    package enum Showing: Sendable {
        case shown
        /// Never read or found.
        case hidden
        /// A sweep may have removed it before rules were made that would show it.
        case removable
    }

    /// From sequence 1 on, those that retention took included.
    package private(set) var events: [Stored] = []
    /// Of each event, in order.
    package private(set) var sequences: [Sequence] = []
    /// The newest sequence, of an event or passed over.
    package private(set) var head = Sequence.zero

    package init() {}

    package subscript(_ sequence: Sequence) -> Stored {
        let index = index(atOrAfter: sequence)
        precondition(sequences[index] == sequence, "no event has the sequence \(sequence)")
        return events[index]
    }

    /// Of the first event from that sequence on; the count of events when there is none.
    private func index(atOrAfter sequence: Sequence) -> Int {
        var (low, high) = (0, sequences.count)
        while low < high {
            let middle = (low + high) / 2
            if sequences[middle] < sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Whether there is an event with that sequence.
    package func has(_ sequence: Sequence) -> Bool {
        let index = index(atOrAfter: sequence)
        return index < sequences.count && sequences[index] == sequence
    }

    /// The events from a sequence on, before another.
    package func sequences(from first: Sequence, before end: Sequence) -> ArraySlice<Sequence> {
        let start = index(atOrAfter: first)
        return sequences[start..<max(start, index(atOrAfter: end))]
    }

    /// A restored store passes over the sequences behind its head.
    package mutating func skip(_ range: SequenceRange) {
        precondition(range.first <= head.next && range.last > head)
        head = range.last
    }

    /// Remembers what an append stored.
    package mutating func add(_ batch: EventBatch) {
        precondition(batch.firstSequence > head, "events are added in order")
        for index in 0..<batch.count {
            events.append(Stored(batch, index))
            sequences.append(batch.firstSequence + index)
        }
        head = batch.lastSequence
    }

    /// What differs between the store and this, as a sentence; nil when nothing does.
    ///
    /// Reads every event forward, backward, by sequence and by id.
    ///
    /// - Parameter showing: what retention says of an event from the store's oldest on.
    package func difference(
        to store: EventStore, showing: (Sequence) -> Showing = { _ in .shown }
    ) throws(StoreError) -> String? {
        let bounds = store.bounds
        guard bounds.head == head else { return "head is \(bounds.head), not \(head)" }
        guard bounds.oldest > .zero, bounds.oldest <= head.next else {
            return "oldest is \(bounds.oldest)"
        }
        if let difference = try forwardDifference(store, bounds.oldest, showing) {
            return difference
        }
        if let difference = try backwardDifference(store, bounds.oldest, showing) {
            return difference
        }
        return try lookUpDifference(store, bounds.oldest, showing)
    }

    private func forwardDifference(
        _ store: EventStore, _ oldest: Sequence, _ showing: (Sequence) -> Showing
    ) throws(StoreError) -> String? {
        var cursor = store.cursor(from: oldest, .forward)
        var expected = oldest
        var recordedAt = Timestamp(nanosecondsSinceEpoch: .min)
        while let batch = try cursor.next() {
            guard expected <= batch.lastSequence else {
                return "forward: \(batch.lastSequence) where \(expected) should be"
            }
            if let lost = lost(from: expected, before: batch.firstSequence, showing) {
                return "forward: \(batch.firstSequence) where \(lost) should be"
            }
            guard batch.recordedAt >= recordedAt else { return "recorded_at decreases" }
            recordedAt = batch.recordedAt
            if let difference = difference(in: batch) { return "forward: \(difference)" }
            expected = batch.lastSequence.next
        }
        return lost(from: expected, before: head.next, showing).map { "forward ends before \($0)" }
    }

    private func backwardDifference(
        _ store: EventStore, _ oldest: Sequence, _ showing: (Sequence) -> Showing
    ) throws(StoreError) -> String? {
        var cursor = store.cursor(from: head, .backward)
        var expected = head
        while let batch = try cursor.next() {
            guard batch.lastSequence <= expected else {
                return "backward: \(batch.lastSequence) where \(expected) should be"
            }
            if let lost = lost(from: batch.lastSequence.next, before: expected.next, showing) {
                return "backward: \(batch.lastSequence) where \(lost) should be"
            }
            if let difference = difference(in: batch) { return "backward: \(difference)" }
            expected = batch.firstSequence.previous
        }
        return lost(from: oldest, before: expected.next, showing).map {
            "backward ends behind \($0)"
        }
    }

    /// The first event that is shown and should have come in that range.
    private func lost(
        from first: Sequence, before end: Sequence, _ showing: (Sequence) -> Showing
    ) -> Sequence? {
        sequences(from: first, before: end).first { showing($0) == .shown }
    }

    private func lookUpDifference(
        _ store: EventStore, _ oldest: Sequence, _ showing: (Sequence) -> Showing
    ) throws(StoreError) -> String? {
        for sequence in sequences(from: oldest, before: head.next) {
            if let difference = try lookUpDifference(store, at: sequence, showing) {
                return difference
            }
            for beside in [sequence.previous, sequence.next] where !has(beside) {
                guard try store.read(beside) == nil else { return "reads \(beside)" }
            }
        }
        guard try store.read(head.next) == nil, try store.read(oldest.previous) == nil else {
            return "reads outside of the bounds"
        }
        return nil
    }

    private func lookUpDifference(
        _ store: EventStore, at sequence: Sequence, _ showing: (Sequence) -> Showing
    ) throws(StoreError) -> String? {
        let event = self[sequence]
        let state = showing(sequence)
        if let read = try store.read(sequence) {
            guard state != .hidden else { return "\(sequence) is hidden, and read" }
            guard read.sequence == sequence, Stored(read.batch, read.index) == event else {
                return "read(\(sequence)) differs"
            }
        } else if state == .shown {
            return "read(\(sequence)) gives nothing"
        }
        guard let found = try StoreOracle.find(event, in: store) else {
            return state == .shown ? "\(sequence) is not found by its id" : nil
        }
        // An id that was free again may have come again.
        let isRight =
            has(found) && showing(found) != .hidden && self[found].id == event.id
            && self[found].organization == event.organization
        return isRight ? nil : "find gives \(found) for \(sequence)"
    }

    private func difference(in batch: EventBatch) -> String? {
        for index in 0..<batch.count {
            let sequence = batch.firstSequence + index
            guard has(sequence) else { return "there is an event \(sequence)" }
            guard Stored(batch, index) == self[sequence] else { return "event \(sequence) differs" }
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
