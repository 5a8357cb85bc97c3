package import AuditModel

/// The newest batches, addressed by sequence: appended at the head, dropped at the tail, read
/// anywhere between.
///
/// Reading takes a reference to a whole batch, so it copies nothing and an append never waits for a
/// reader. A batch is found by binary search, because batches differ in length and their sequences
/// are contiguous.
///
/// Not a queue: nobody takes from it, and what is dropped is gone for every reader at once. A
/// reader that needs what was dropped reads the disk.
package struct RingBuffer {
    /// A circular array: batch number `n` since the beginning lies in slot `n % slots.count`.
    private var slots: [EventBatch?]
    /// The number of the oldest batch held, counted since the beginning.
    private var tail = 0
    private var batches = 0
    private let eventsMax: Int
    private let bytesMax: Int

    /// Events held.
    package private(set) var eventCount = 0
    /// Bytes held.
    package private(set) var residentBytes = 0

    /// Holds at most `eventsMax` events and `bytesMax` bytes, except that the newest batch always
    /// stays whole: a group commit may be larger than a small ring.
    package init(eventsMax: Int, bytesMax: Int) {
        precondition(eventsMax > 0, "a ring holds at least one event")
        self.eventsMax = eventsMax
        self.bytesMax = bytesMax
        slots = Array(repeating: nil, count: eventsMax)
    }

    /// The oldest sequence held; nil when nothing is.
    package var first: Sequence? {
        batches == 0 ? nil : batch(tail).firstSequence
    }

    /// The newest sequence held; nil when nothing is.
    package var last: Sequence? {
        batches == 0 ? nil : batch(tail + batches - 1).lastSequence
    }

    /// Adds the batch behind the newest; it must continue its sequences.
    package mutating func append(_ batch: EventBatch) {
        if let last {
            precondition(
                batch.firstSequence == last.next,
                "batch \(batch.firstSequence) does not follow sequence \(last)")
        }
        while batches > 0,
            eventCount + batch.count > eventsMax
                || residentBytes + batch.residentBytes > bytesMax
        {
            dropOldest()
        }
        slots[(tail + batches) % slots.count] = batch
        batches += 1
        eventCount += batch.count
        residentBytes += batch.residentBytes
    }

    /// The batch that holds `sequence`; nil when it is older or newer than what is held.
    package func batch(containing sequence: Sequence) -> EventBatch? {
        guard let first, let last, first <= sequence, sequence <= last else { return nil }
        var low = tail
        var high = tail + batches - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if batch(middle).firstSequence <= sequence { low = middle } else { high = middle - 1 }
        }
        return batch(low)
    }

    private mutating func dropOldest() {
        let dropped = batch(tail)
        slots[tail % slots.count] = nil
        tail += 1
        batches -= 1
        eventCount -= dropped.count
        residentBytes -= dropped.residentBytes
    }

    private func batch(_ number: Int) -> EventBatch {
        guard let batch = slots[number % slots.count] else {
            preconditionFailure("slot of batch \(number) is empty")
        }
        return batch
    }
}
