import Testing

@testable import AuditRPC

@Suite struct MessageDeframerTests {
    /// Feeds `chunks` and collects the messages.
    private func deframe(
        _ chunks: [ArraySlice<UInt8>], messageBytesMax: Int = 1 << 20
    ) throws(MessageDeframer.Problem) -> (messages: [[UInt8]], isMidMessage: Bool) {
        var deframer = MessageDeframer(messageBytesMax: messageBytesMax)
        var messages: [[UInt8]] = []
        for chunk in chunks {
            // A copy of its own, so that a read beyond the chunk is found by the address sanitizer.
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk.count, alignment: 1)
            defer { copy.deallocate() }
            copy.copyBytes(from: chunk)
            var input = UnsafeRawBufferPointer(copy)
            while let message = try deframer.next(&input) { messages.append(Array(message)) }
            #expect(input.isEmpty)
        }
        return (messages, deframer.isMidMessage)
    }

    @Test func everyChunkingGivesTheSameMessages() throws {
        let wanted: [[UInt8]] = [[1], [], [2, 3, 4]]
        let bytes = wanted.flatMap { framed($0) }
        // Each bit of `cuts` is a cut between two bytes: every way to chunk 19 bytes.
        for cuts in 0..<(1 << (bytes.count - 1)) {
            var chunks: [ArraySlice<UInt8>] = []
            var start = 0
            for index in 1..<bytes.count where cuts & (1 << (index - 1)) != 0 {
                chunks.append(bytes[start..<index])
                start = index
            }
            chunks.append(bytes[start...])
            let result = try deframe(chunks)
            guard result.messages == wanted, !result.isMidMessage else {
                Issue.record("cuts \(cuts) gave \(result)")
                return
            }
        }
    }

    @Test func largeMessagesSurviveChunks() throws {
        let message = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let bytes = framed(message) + framed([9])
        for size in [1, 4, 1_000, 16_384, 100_004, 100_005, 100_006] {
            let chunks = stride(from: 0, to: bytes.count, by: size).map {
                bytes[$0..<min($0 + size, bytes.count)]
            }
            #expect(try deframe(chunks).messages == [message, [9]])
        }
    }

    @Test func anAnnouncedLengthAboveTheLimitIsRefusedWithItsPrefixAlone() throws {
        let prefix: [UInt8] = [0, 0, 0, 0, 11]
        for cut in 0..<5 {
            #expect(throws: MessageDeframer.Problem.tooLarge(bytes: 11)) {
                try deframe([prefix[..<cut], prefix[cut...]], messageBytesMax: 10)
            }
        }
        #expect(
            try deframe([framed([UInt8](repeating: 1, count: 10))[...]], messageBytesMax: 10)
                .messages.count == 1)
    }

    @Test func memoryGrowsWithTheBytesThatCame() throws {
        var deframer = MessageDeframer(messageBytesMax: 4 << 20)
        let bytes: [UInt8] = [0, 0, 64, 0, 0, 1, 2]
        let found = try bytes.withUnsafeBytes { bytes in
            var input = bytes
            return try deframer.next(&input) != nil
        }
        #expect(!found)
        let (buffered, isMidMessage) = (deframer.bufferedBytes, deframer.isMidMessage)
        #expect(buffered == 7)
        #expect(isMidMessage)
    }

    @Test func flags() {
        #expect(throws: MessageDeframer.Problem.compressed) {
            try deframe([[1, 0, 0, 0, 0]])
        }
        #expect(throws: MessageDeframer.Problem.badFlag(7)) {
            try deframe([[7, 0, 0, 0, 0]])
        }
    }

    @Test func aCutMessageIsNoticed() throws {
        #expect(try deframe([[0]]).isMidMessage)
        #expect(try deframe([[0, 0, 0, 0, 2, 1]]).isMidMessage)
        #expect(try !deframe([]).isMidMessage)
    }
}
