import AuditModel
import TestSupport
import Testing

@testable import Codec

/// What is read in place must be what protobuf-c would read, and what it would write again.
@Suite("Canonical bytes of events")
struct CanonicalEventTests {
    private static let seed: UInt64 = 0x5EED_0007

    @Test("are what our encoder writes, read in place")
    func encoded() {
        var random = SeededGenerator(seed: Self.seed)
        for number in 0..<2_000 {
            var event = number == 0 ? Event.sent : randomEvent(&random)
            if event.occurredAt != nil {
                // Of any size, so that its numbers have any length.
                let nanoseconds = Int64(truncatingIfNeeded: random.next())
                event.occurredAt = Timestamp(nanosecondsSinceEpoch: nanoseconds)
            }
            #expect(isCanonical(event.encoded()), "event \(number), seed \(Self.seed)")
        }
    }

    @Test("are the same when protobuf-c has read and written them, after any change")
    func mutated() {
        var random = SeededGenerator(seed: Self.seed)
        let arena = Arena(firstChunkBytes: 1 << 16)
        var canonical = 0
        var rewritten = 0
        for number in 0..<100_000 {
            var bytes = (number % 4 == 0 ? Event.sent : randomEvent(&random)).encoded()
            for _ in 0..<Int.random(in: 1...2, using: &random) { mutate(&bytes, &random) }
            let (byProtobuf, isWellFormed) = bytes.withUnsafeBytes {
                (EventEncoding.canonical($0, .none, arena), EventEncoding.fault(in: $0) == nil)
            }
            if isCanonical(bytes) {
                canonical += 1
                #expect(byProtobuf == bytes && isWellFormed, "seed \(Self.seed): \(bytes)")
            } else if isWellFormed, let byProtobuf {
                rewritten += 1
                #expect(isCanonical(byProtobuf), "seed \(Self.seed): \(bytes)")
            }
        }
        #expect(canonical > 1_000 && rewritten > 1_000, "seed \(Self.seed)")
    }

    @Test(
        "have one form",
        arguments: [
            // Defaults that need not be there: a string, an enumeration, a number in a message.
            [0x22, 0], [0x60, 0], [0x1A, 2, 0x08, 0], [0x2A, 2, 0x0A, 0], [0x7A, 2, 0x12, 0],
            // A tag, a length and a number that are longer than they need be.
            [0xA2, 0x00, 1, 0x58], [0x22, 0x81, 0x00, 0x58], [0x60, 0x81, 0x00],
            // Fields in another order, and twice.
            [0x60, 1, 0x22, 1, 0x58], [0x22, 1, 0x58, 0x22, 1, 0x59],
            [0x2A, 6, 0x12, 1, 0x58, 0x0A, 1, 0x59],
            // A field between those of a list.
            [0x32, 0, 0x3A, 0, 0x32, 0],
            // Fields of the server, and a field of a later version before one of this.
            [0x80, 0x01, 1], [0x8A, 0x01, 0], [0x98, 0x06, 1, 0x22, 1, 0x58],
            [0x2A, 6, 0x98, 0x06, 1, 0x0A, 1, 0x58],
            // The tag of a later field, longer than it need be.
            [0x98, 0x86, 0x00, 1],
            // An enumeration of more than 32 bits, and other wire types than the contract's.
            [0x60, 0x81, 0x80, 0x80, 0x80, 0x10], [0x20, 1], [0x62, 1, 1], [0x65, 0, 0, 0, 0],
            // Cut short.
            [0x22], [0x22, 2, 0x58], [0x60], [0x60, 0x81], [0x2A, 2, 0x0A], [0x98], [0x98, 0x06],
        ] as [[UInt8]])
    func others(_ bytes: [UInt8]) {
        #expect(!isCanonical(bytes))
    }

    @Test(
        "may hold negative numbers, empty messages and later fields",
        arguments: [
            [], [0x2A, 0], [0x32, 0, 0x32, 0], [0x98, 0x06, 0x81, 0x00],
            [0x60, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
            [0x3A, 6, 0x0A, 1, 0x58, 0x20, 1], [0x2A, 5, 0x0A, 1, 0x58, 0x20, 1],
        ] as [[UInt8]])
    func edges(_ bytes: [UInt8]) {
        let arena = Arena(firstChunkBytes: 1 << 12)
        let byProtobuf = bytes.withUnsafeBytes { EventEncoding.canonical($0, .none, arena) }
        #expect(isCanonical(bytes) == (byProtobuf == bytes))
    }

    private func isCanonical(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { CanonicalEvent(canonical: $0) != nil }
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        // Small bytes are tags and lengths more often than others are.
        let byte = UInt8.random(in: 0...(Bool.random(using: &random) ? 0x1F : 0xFF), using: &random)
        switch Int.random(in: 0..<7, using: &random) {
        case 0: bytes[place] = byte
        case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 2: bytes.insert(byte, at: place)
        case 3 where bytes.count > 1: bytes.remove(at: place)
        case 4: bytes += [0x98, 0x06, byte & 0x7F]
        // An empty source, ahead of all that comes before it.
        case 5: bytes = [0x4A, 0] + bytes
        default:
            // Another event behind it: each field is there twice, and in the order of neither.
            bytes += randomEvent(&random).encoded()
        }
    }
}
