import AuditModel
import Subscribe
import TestSupport
import Testing

struct RingBufferTests {
    /// Every sequence of batch lengths up to `total` events: visits every layout of a small ring,
    /// wrapped or not.
    private func compositions(of total: Int) -> [[Int]] {
        guard total > 0 else { return [[]] }
        return (1...total).flatMap { first in
            compositions(of: total - first).map { [first] + $0 }
        }
    }

    @Test(arguments: 1...5) func everyLayoutHoldsExactlyTheNewest(capacity: Int) throws {
        for lengths in compositions(of: 9) {
            var ring = RingBuffer(eventsMax: capacity, bytesMax: .max)
            var next = Sequence(1)
            var batches: [EventBatch] = []
            for length in lengths {
                let batch = EventBatch.sample(count: length, first: next)
                ring.append(batch)
                batches.append(batch)
                next = batch.lastSequence.next
                try check(ring, against: batches, capacity: capacity)
            }
        }
    }

    private func check(_ ring: RingBuffer, against batches: [EventBatch], capacity: Int) throws {
        // The newest batches whose events fit, and never less than the newest one.
        var held: [EventBatch] = []
        var events = 0
        for batch in batches.reversed() {
            guard held.isEmpty || events + batch.count <= capacity else { break }
            held.insert(batch, at: 0)
            events += batch.count
        }
        #expect(ring.eventCount == events)
        #expect(ring.first == held.first?.firstSequence)
        #expect(ring.last == held.last?.lastSequence)
        #expect(ring.residentBytes == held.reduce(0) { $0 + $1.residentBytes })
        let newest = try #require(batches.last?.lastSequence)
        for sequence in 0...newest.rawValue + 1 {
            let expected = held.first {
                $0.firstSequence.rawValue <= sequence && sequence <= $0.lastSequence.rawValue
            }
            #expect(ring.batch(containing: Sequence(sequence)) === expected)
        }
    }

    @Test func bytesBoundItToo() {
        let size = EventBatch.sample(count: 1, first: Sequence(1)).residentBytes
        var ring = RingBuffer(eventsMax: 100, bytesMax: size * 3 + 1)
        for sequence in 1...10 {
            ring.append(EventBatch.sample(count: 1, first: Sequence(UInt64(sequence))))
        }
        #expect(ring.eventCount == 3)
        #expect(ring.first == Sequence(8))
    }

    @Test func anEmptyRingHoldsNothing() {
        let ring = RingBuffer(eventsMax: 4, bytesMax: 4_096)
        #expect(ring.first == nil && ring.last == nil)
        #expect(ring.batch(containing: Sequence(1)) == nil)
    }

    @Test func aDroppedBatchStaysAliveForItsReader() throws {
        var ring = RingBuffer(eventsMax: 1, bytesMax: .max)
        ring.append(EventBatch.sample(count: 1, first: Sequence(1)))
        let reading = try #require(ring.batch(containing: Sequence(1)))
        ring.append(EventBatch.sample(count: 1, first: Sequence(2)))
        #expect(ring.batch(containing: Sequence(1)) == nil)
        #expect(reading.withEvent(at: 0) { $0.sequence } == Sequence(1))
    }
}
