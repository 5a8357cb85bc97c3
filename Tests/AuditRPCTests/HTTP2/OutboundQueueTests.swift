import NIOCore
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
            for (index, message) in messages.enumerated() {
                if index % 2 == 0 {
                    queue.append(message)
                } else {
                    queue.append(sharing: SharedMessage(message).framed)
                }
            }
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

    /// Large shared messages, small ones and a call's own, in frames of any size: the same bytes, and the large pieces
    /// are the memory that was shared.
    @Test(arguments: [1, 4_095, 4_096, 9_000, 16_384, 200_000])
    func sharedMessagesAreMovedAsTheyAre(capacity: Int) {
        let messages: [[UInt8]] = [
            .init(repeating: 1, count: 20_000), .init(repeating: 2, count: 10), [],
            .init(repeating: 3, count: 4_091), .init(repeating: 4, count: 50_000),
        ]
        var queue = OutboundQueue()
        for (index, message) in messages.enumerated() {
            if index == 1 {
                queue.append(message)
            } else {
                queue.append(sharing: SharedMessage(message).framed)
            }
        }
        var output = OutputBuffer()
        var bytes: [UInt8] = []
        var sharedBytes = 0
        while !queue.isEmpty {
            let count = min(capacity, queue.byteCount)
            if queue.sharesNext(capacity) {
                queue.move(count, to: &output)
                #expect(output.byteCount == count)
                output.drain { piece in
                    bytes += Array(piece.readableBytesView)
                    if piece.readableBytes >= OutboundQueue.sharedPieceBytesMin {
                        sharedBytes += piece.readableBytes
                    }
                }
                #expect(output.byteCount == 0)
            } else {
                bytes += read(&queue, capacity)
            }
        }
        #expect(bytes == messages.flatMap { framed($0) })
        #expect(capacity < OutboundQueue.sharedPieceBytesMin || sharedBytes > 60_000)
    }

    @Test func anOwnMessageIsNeverSharedHoweverLarge() {
        var queue = OutboundQueue()
        queue.append([UInt8](repeating: 1, count: 100_000))
        #expect(!queue.sharesNext(16_384))
        queue.append(sharing: SharedMessage([UInt8](repeating: 2, count: 100_000)).framed)
        #expect(!queue.sharesNext(16_384), "the shared one is not within the next frame")
        #expect(queue.sharesNext(200_000))
    }
}
