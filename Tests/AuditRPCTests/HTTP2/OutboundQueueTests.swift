import Testing

@testable import AuditRPC

@Suite struct OutboundQueueTests {
    private func read(_ queue: inout OutboundQueue, _ capacity: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            count = queue.read(into: buffer.baseAddress!, capacity: capacity)
        }
    }

    @Test func everySizeOfReadGivesTheSameBytes() {
        let messages: [[UInt8]] = [[1, 2, 3], [], [4], [UInt8](repeating: 5, count: 300)]
        let wanted = messages.flatMap { framed($0) }
        for capacity in 1...wanted.count {
            var queue = OutboundQueue()
            for message in messages { queue.append(message) }
            #expect(queue.byteCount == wanted.count)
            var bytes: [UInt8] = []
            while !queue.isEmpty { bytes += read(&queue, capacity) }
            #expect(bytes == wanted, "capacity \(capacity)")
            #expect(!queue.isMidMessage)
        }
    }

    @Test func itGoesOnAfterItWasEmpty() {
        var queue = OutboundQueue()
        for round in 0..<200 {
            queue.append([UInt8(round)])
            queue.append([])
            #expect(read(&queue, 64) == framed([UInt8(round)]) + framed([]))
        }
    }

    @Test func aBegunMessageIsNeverCut() {
        var queue = OutboundQueue()
        queue.append([1, 2, 3])
        queue.append([4])
        #expect(read(&queue, 6) == [0, 0, 0, 0, 3, 1])
        #expect(queue.isMidMessage)
        queue.discardWaiting()
        #expect(queue.byteCount == 2)
        #expect(read(&queue, 64) == [2, 3])
        #expect(queue.isEmpty)

        queue.append([5])
        queue.discardWaiting()
        #expect(queue.isEmpty)
    }
}
