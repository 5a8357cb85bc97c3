import Testing

@testable import AuditRPC

@Suite struct MessageDeframerTests {
    /// Feeds `chunks` and collects the messages.
    private func deframe(
        _ chunks: [ArraySlice<UInt8>], messageBytesMax: Int = 1 << 20,
        encoding: MessageEncoding = .identity
    ) throws(MessageDeframer.Problem) -> (messages: [[UInt8]], isMidMessage: Bool) {
        var deframer = MessageDeframer(messageBytesMax: messageBytesMax)
        deframer.encoding = encoding
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

    @Test func compressedMessagesSurviveChunks() throws {
        let long = [UInt8](repeating: 5, count: 3_000)
        let bytes =
            framed([1]) + framed(try #require(gzipped(long)), flag: 1) + framed([], flag: 1)
            + framed(try #require(gzipped(long)), flag: 1) + framed(long)
        for size in [1, 2, 3, 5, 7, 11, 64, 1_000, bytes.count] {
            let chunks = stride(from: 0, to: bytes.count, by: size).map {
                bytes[$0..<min($0 + size, bytes.count)]
            }
            let result = try deframe(chunks, encoding: .gzip)
            #expect(result.messages == [[1], long, [], long, long])
            #expect(!result.isMidMessage)
        }
    }

    @Test func whatAMessageBecomesIsLimitedToo() throws {
        let compressed = framed(try #require(gzipped([UInt8](repeating: 5, count: 1_001))), flag: 1)
        for cut in [0, 3, 5, 9, compressed.count] {
            let chunks = [compressed[..<cut], compressed[cut...]]
            #expect(
                try deframe(chunks, messageBytesMax: 1_001, encoding: .gzip).messages.count == 1)
            #expect(throws: MessageDeframer.Problem.inflatesTooLarge) {
                try deframe(chunks, messageBytesMax: 1_000, encoding: .gzip)
            }
        }
        #expect(throws: MessageDeframer.Problem.corrupt) {
            try deframe([framed([1, 2, 3], flag: 1)[...]], encoding: .gzip)
        }
    }

    @Test func itSaysWhichMessagesCameCompressed() throws {
        var deframer = MessageDeframer(messageBytesMax: 1_000)
        deframer.encoding = .gzip
        let compressed = try #require(gzipped([UInt8](repeating: 5, count: 100)))
        var flags: [Bool] = []
        let bytes = framed([1]) + framed(compressed, flag: 1) + framed([2])
        try bytes.withUnsafeBytes { bytes in
            var input = bytes
            while try deframer.next(&input) != nil { flags.append(deframer.wasCompressed) }
        }
        deframer.releaseMessage()
        #expect(flags == [false, true, false])
        let buffered = deframer.bufferedBytes
        #expect(buffered == 0)
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
