import AuditModel
import TestSupport
import Testing

@testable import EventStore

@Suite("Blocks of events")
struct EventBlockTests {
    private struct Stored: Equatable {
        var row: Row
        var id: EventID
        var recordedAt: Timestamp
        var occurredAt: Timestamp
        var organization: [UInt8]
        var payload: [UInt8]
    }

    private static let first = Sequence(300)

    private func bytes(of events: [Stored]) -> [UInt8] {
        var builder = EventBlockBuilder()
        for event in events {
            event.organization.withUnsafeBytes { organization in
                event.payload.withUnsafeBytes { payload in
                    builder.append(
                        EventView(
                            sequence: Self.first + Int(event.row), recordedAt: event.recordedAt,
                            occurredAt: event.occurredAt, id: event.id, organization: organization,
                            payload: payload),
                        row: event.row)
                }
            }
        }
        var writer = EventBlockWriter(nil)
        var bytes = FlatArray<UInt8>()
        writer.write(builder.finish(), to: &bytes)
        return Array(bytes.bytes)
    }

    private func decode(_ bytes: [UInt8]) -> [Stored]? {
        var decompressor = Decompressor()
        let decoder = EventBlockDecoder(firstSequence: Self.first, dictionary: nil)
        guard let block = bytes.withUnsafeBytes({ decoder.decode($0, &decompressor) }) else {
            return nil
        }
        return (0..<block.count).map { index in
            block.withEvent(at: index) { event in
                #expect(event.sequence == Self.first + Int(block.row(at: index)))
                return Stored(
                    row: block.row(at: index), id: event.id, recordedAt: event.recordedAt,
                    occurredAt: event.occurredAt, organization: Array(event.organization),
                    payload: Array(event.payload))
            }
        }
    }

    /// The texts that a payload may have of its event, in the forms of `KnownTexts`.
    private func known(_ event: Stored) -> [[UInt8]] {
        var texts = KnownTexts()
        texts.set(
            id: event.id, sequence: Self.first + Int(event.row), recordedAt: event.recordedAt,
            occurredAt: event.occurredAt)
        return [.id, .occurredAt, .sequence, .recordedAt].map { Array(texts[$0]) }
    }

    private func random(row: Row, using generator: inout SeededGenerator) -> Stored {
        let times: [Int64] = [
            .min, .max, 0, -1, 1_700_000_000_000_000_000, 1_700_000_000_123_000_000,
            Int64(truncatingIfNeeded: generator.next()),
        ]
        let seconds = Int64.random(in: 1_700_000_000_000...1_700_000_010_000, using: &generator)
        let recordedAt = Timestamp(nanosecondsSinceEpoch: seconds * 1_000_000)
        let isPlain = generator.next() % 4 != 0
        let late = Timestamp(nanosecondsSinceEpoch: (seconds - 5) * 1_000_000)
        let occurredAt =
            isPlain
            ? late : Timestamp(nanosecondsSinceEpoch: times.randomElement(using: &generator)!)
        let random = (generator.next(), generator.next())
        let id =
            isPlain
            ? EventID(version7At: occurredAt, random: random)
            : EventID(high: random.0, low: random.1)
        return Stored(
            row: row, id: id, recordedAt: recordedAt, occurredAt: occurredAt,
            organization: generator.next() % 9 == 0
                ? [] : Array("org-\(generator.next() % 3)".utf8), payload: [])
    }

    @Test(
        "whatever payloads have of their events, anywhere, twice, cut off or not at all, they come back"
    )
    func anyPayload() {
        var generator = SeededGenerator(seed: 31)
        for _ in 0..<300 {
            var events: [Stored] = []
            var row: Row = 0
            for _ in 0..<Int.random(in: 1...12, using: &generator) {
                var event = random(row: row, using: &generator)
                let texts = known(event) + [event.organization, [0xFF], generator.bytes(3), []]
                for _ in 0..<Int.random(in: 0...8, using: &generator) {
                    var text = texts.randomElement(using: &generator)!
                    if generator.next() % 4 == 0 { text = Array(text.dropLast()) }
                    event.payload += text
                }
                events.append(event)
                row += 1 + Row(generator.next() % 3)
            }
            #expect(decode(bytes(of: events)) == events)
        }
    }

    @Test("what a payload repeats of its event takes no room")
    func repeated() {
        var generator = SeededGenerator(seed: 32)
        func size(saying isSaid: Bool) -> Int {
            var generator = SeededGenerator(seed: 33)
            let events = (0..<40).map { number in
                var event = random(row: Row(number), using: &generator)
                event.organization = Array("acme".utf8)
                guard isSaid else { return event }
                let texts = known(event)
                event.payload = [10] + texts[0] + [26, 12] + texts[1] + Array("name".utf8)
                event.payload += [128, 1] + texts[2] + [138, 1, 6] + texts[3]
                return event
            }
            return bytes(of: events).count
        }
        #expect(size(saying: true) - size(saying: false) < 100)
        // The same of other events takes all its bytes.
        var events = (0..<40).map { random(row: Row($0), using: &generator) }
        let without = bytes(of: events).count
        let texts = events.map(known)
        for index in events.indices { events[index].payload = texts[(index + 1) % 40][0] }
        #expect(bytes(of: events).count - without >= 40 * 16)
    }

    @Test("times of UUIDv7 that are those of their events take no room")
    func identifiers() {
        var generator = SeededGenerator(seed: 34)
        let times = FlatArray<Int64>(repeating: 0, count: 30)
        let ids = FlatArray<EventID>(repeating: EventID(high: 0, low: 0), count: 30)
        for shift in [0, 1, -1, 100] as [Int64] {
            for index in 0..<30 {
                let time = 1_700_000_000_000 + Int64(index) * 2_000
                times.elements[index] = time * 1_000_000
                ids.elements[index] = EventID(
                    version7At: Timestamp(nanosecondsSinceEpoch: (time + shift) * 1_000_000),
                    random: (generator.next(), generator.next()))
            }
            var bytes = FlatArray<UInt8>()
            IdentifierColumn.write(ids.elements, times.elements, to: &bytes)
            #expect(bytes.count <= 3 + 6 + 30 * 10)
            var reader = ByteReader(bytes.bytes)
            var found: [EventID] = []
            IdentifierColumn.read(&reader, times: Array(times.elements)) { found.append($1) }
            #expect(reader.isDone && found == Array(ids.elements))
        }
    }

    @Test("a block of which any bit is flipped is refused or read, and nothing traps")
    func flipped() {
        var generator = SeededGenerator(seed: 35)
        let events = (0..<6).map { random(row: Row($0), using: &generator) }
        let whole = bytes(of: events)
        for offset in whole.indices {
            for bit in 0..<8 {
                var changed = whole
                changed[offset] ^= 1 << UInt8(bit)
                _ = decode(changed)
            }
        }
        #expect(decode(whole) == events)
        for count in whole.indices { #expect(decode(Array(whole[..<count])) == nil) }
    }
}
