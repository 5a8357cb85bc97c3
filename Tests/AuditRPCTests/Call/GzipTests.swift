import Testing

@testable import AuditRPC

@Suite struct GzipTests {
    private static let text = Array(
        String(repeating: "who did what, where and when? ", count: 4).utf8.dropLast())

    private func inflate(
        _ bytes: [UInt8], limit: Int = 1 << 20, with inflater: GzipInflater = .ofThisThread
    ) throws(GzipInflater.Problem) -> [UInt8] {
        // A copy of its own, so that a read beyond it is found by the address sanitizer.
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        defer { copy.deallocate() }
        copy.copyBytes(from: bytes)
        var memory = GrowingMemory()
        let count = try inflater.inflate(
            UnsafeRawBufferPointer(copy), into: &memory, bytesMax: limit)
        return Array(UnsafeRawBufferPointer(start: memory.start, count: count))
    }

    @Test(arguments: [40, 100, 4_096, 70_000, 1_000_000])
    func whatIsCompressedComesBack(size: Int) throws {
        let message = (0..<size).map { UInt8(truncatingIfNeeded: $0 / 7 &* 31) }
        let compressed = try #require(gzipped(message))
        #expect(compressed.count < message.count)
        #expect(try inflate(compressed) == message)
    }

    @Test func whatWouldNotBeShorterIsLeft() {
        var state: UInt64 = 7
        let noise = (0..<1_000).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 33)
        }
        for message in [[], [1], [1, 1], Array(repeating: 1, count: 18), noise] {
            #expect(GzipDeflater.ofThisThread.deflate(message) == nil)
        }
    }

    /// Python's gzip made both of the same text; the second has a time and a file name in its header.
    @Test(arguments: [
        "H4sIAAAAAAACAyvPyFdIyUxRKM9ILNEBkqlFqQqJeSB+ap49kKSVLAD7IP3UeAAAAA",
        "H4sICADxU2UC/2F1ZGl0LmxvZwArz8hXSMlMUSjPSCzRAZKpRakKiXkgfmqePZCklSwA+yD91HgAAAA",
    ])
    func otherWritersAreRead(base64: String) throws {
        let bytes = try #require(Base64.decode(base64.utf8))
        #expect(try inflate(bytes) == Self.text + [UInt8(ascii: " ")])
    }

    @Test func membersBehindEachOtherAreOneMessage() throws {
        let (first, second) = (Array(repeating: UInt8(1), count: 50), Self.text)
        let bytes = try #require(gzipped(first)) + (try #require(gzipped(second)))
        #expect(try inflate(bytes) == first + second)
        // The limit is that of the message, not of each member.
        #expect(throws: GzipInflater.Problem.tooLarge) {
            try inflate(bytes, limit: first.count + second.count - 1)
        }
    }

    @Test func everyCutIsFound() throws {
        let bytes = try #require(gzipped(Self.text))
        for count in 1..<bytes.count {
            #expect(throws: GzipInflater.Problem.corrupt) { try inflate(Array(bytes[..<count])) }
        }
    }

    @Test func whatFollowsIsFound() throws {
        let bytes = try #require(gzipped(Self.text))
        for rest: [UInt8] in [[0], [1, 2, 3], Array(bytes.prefix(10)), [31, 139]] {
            #expect(throws: GzipInflater.Problem.corrupt) { try inflate(bytes + rest) }
        }
    }

    @Test func damageIsFound() throws {
        let bytes = try #require(gzipped(Self.text))
        // Magic, method, and the checksum and length at the end; a change of the rest changes the checksum.
        for index in [0, 1, 2] + (10..<bytes.count) {
            var damaged = bytes
            damaged[index] ^= 0x10
            #expect(throws: GzipInflater.Problem.corrupt, "byte \(index)") {
                try inflate(damaged, limit: 1 << 16)
            }
        }
        #expect(throws: GzipInflater.Problem.corrupt) { try inflate(Array("no gzip".utf8)) }
    }

    @Test func itGoesOnAfterAMessageThatWasWrong() throws {
        let inflater = GzipInflater()
        let bytes = try #require(gzipped(Self.text))
        #expect(throws: GzipInflater.Problem.corrupt) {
            try inflate(Array(bytes.dropLast()), with: inflater)
        }
        #expect(throws: GzipInflater.Problem.tooLarge) {
            try inflate(bytes, limit: 10, with: inflater)
        }
        #expect(try inflate(bytes, with: inflater) == Self.text)
    }

    @Test func aBombTakesNoMoreMemoryThanTheLimit() throws {
        let bomb = try #require(gzipped([UInt8](repeating: 0, count: 50_000_000)))
        #expect(bomb.count < 300_000)
        var memory = GrowingMemory()
        let limit = 1 << 20
        let inflater = GzipInflater()
        #expect(throws: GzipInflater.Problem.tooLarge) {
            try bomb.withUnsafeBytes { bytes in
                _ = try inflater.inflate(bytes, into: &memory, bytesMax: limit)
            }
        }
        let capacity = memory.capacity
        #expect(capacity <= limit + 1)
    }

    @Test(arguments: [1, 2, 119, 5_000])
    func theLimitIsExact(size: Int) throws {
        let message = [UInt8](repeating: 7, count: size)
        // A stored message, so that one that is as short can be written.
        let bytes = stored(message)
        #expect(try inflate(bytes, limit: size) == message)
        #expect(throws: GzipInflater.Problem.tooLarge) { try inflate(bytes, limit: size - 1) }
    }

    @Test func anEmptyMessageMayBeCompressed() throws {
        #expect(try inflate(stored([]), limit: 0) == [])
    }

    /// Gzip without compression (RFC 1951 §3.2.4).
    private func stored(_ message: [UInt8]) -> [UInt8] {
        let count = UInt16(message.count)
        func bytes<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
            withUnsafeBytes(of: value.littleEndian) { Array($0) }
        }
        return [31, 139, 8, 0, 0, 0, 0, 0, 0, 255] + [1] + bytes(count) + bytes(~count) + message
            + bytes(checksum(message)) + bytes(UInt32(count))
    }

    /// CRC-32 (RFC 1952 §8).
    private func checksum(_ bytes: [UInt8]) -> UInt32 {
        var sum: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 0 ? sum >> 1 : sum >> 1 ^ 0xEDB8_8320 }
        }
        return ~sum
    }
}

/// Nil when the message is too short to become shorter.
func gzipped(_ message: [UInt8]) -> [UInt8]? {
    GzipDeflater.ofThisThread.deflate(message)
}
