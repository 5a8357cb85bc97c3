import AuditModel
import Codec
import Subscribe
import TestSupport
import Testing

@testable import AuditService
@testable import EventStore

/// Between places and sequences, compared with a count of all events: over segments, logs that are indexed and logs
/// that are not, restarts, and what retention took.
struct ReaderSequencesTests {
    /// What is stored of one organization.
    private struct Model {
        var events: [(sequence: Sequence, place: Sequence)] = []
        var head = Sequence.zero

        func last(through place: Sequence) -> (sequence: Sequence, place: Sequence)? {
            events.last { $0.place <= place }
        }

        func first(from place: Sequence) -> (sequence: Sequence, place: Sequence)? {
            events.first { $0.place >= place }
        }
    }

    private func model(of organizationID: String, in store: EventStore) throws -> Model {
        var model = Model(head: store.bounds.head)
        var cursor = store.cursor(from: store.parts.firstSequence, .forward)
        while let batch = try cursor.next() {
            for index in 0..<batch.count {
                batch.withEvent(at: index) { event in
                    guard event.organization.elementsEqual(organizationID.utf8) else { return }
                    model.events.append((event.ownSequence, event.sequence))
                }
            }
        }
        return model
    }

    @Test(arguments: 1...10) func agreement(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let searched = try SearchStore(&random)
        let store = searched.fixture.store
        for organizationID in ["acme", "beta", "gamma", "delta", "nobody"] {
            let reader = ReaderSequences(
                store: store, book: searched.fixture.sequences,
                organization: Array(organizationID.utf8))
            // Those too that are hidden and still there: what is looked for is what a sweep has left.
            var all = RetentionRules()
            all.holds = [Array(organizationID.utf8)]
            try store.setRetention(all, now: .now, uptime: .sinceStart)
            let model = try model(of: organizationID, in: store)
            try searched.setRetention()
            let newest = try reader.newest()
            #expect(model.events.last.map { $0.sequence == newest } ?? true)
            for (before, after) in zip(model.events, model.events.dropFirst()) {
                #expect(before.sequence.next == after.sequence, "dense, but for what is gone first")
            }
            for _ in 0..<40 {
                let place = Sequence(.random(in: 1...model.head.rawValue, using: &random))
                let first = model.first(from: place)
                let last = model.last(through: place)
                let context: Comment = "seed \(seed), \(organizationID), \(place)"
                #expect(
                    try reader.sequence(from: place) == first?.sequence ?? newest.next, context)
                #expect(
                    try reader.sequence(through: place)
                        == last?.sequence ?? first?.sequence.previous ?? newest, context)
                let range = SequenceRange(
                    first: place,
                    last: Sequence(
                        .random(in: place.rawValue...model.head.rawValue, using: &random)))
                let missing = try reader.missing(range)
                let own = model.events.filter { range.contains($0.place) }.map(\.sequence)
                #expect(own.allSatisfy { missing?.contains($0) ?? false }, context)
                let others = model.events.filter { !range.contains($0.place) }.map(\.sequence)
                #expect(!others.contains { missing?.contains($0) ?? false }, context)
            }
            for _ in 0..<40 {
                let sequence = Sequence(.random(in: 0...newest.rawValue + 2, using: &random))
                let found = try reader.event(from: sequence)
                let expected = model.events.first { $0.sequence >= sequence }
                let context: Comment = "seed \(seed), \(organizationID), \(sequence)"
                #expect(found?.sequence == expected?.sequence, context)
                #expect(found?.place == expected?.place, context)
            }
        }
    }

    @Test(
        "where nothing is indexed and some cannot be read, the others are found, and nothing is given twice"
    )
    func damagedLog() throws {
        let disk = SimulatedDisk()
        let fixture = try ServiceFixture(on: disk)
        for number in 0..<300 {
            try fixture.record([
                .sample(
                    organization: number % 3 == 0 ? "acme" : "beta", change: "event no. \(number).")
            ])
        }
        let log = try #require(disk.paths.first { $0.hasSuffix(".log") })
        func spoil(_ number: Int) {
            let text = Array("event no. \(number).".utf8)
            disk.overwrite(log) { bytes in
                let place = bytes.indices.first { bytes[$0...].starts(with: text) }
                if let place { bytes[place] ^= 0x10 }
            }
        }
        spoil(150)
        for log in fixture.store.parts.all.compactMap(\.log) { log.index.letGo() }
        let book = try SequenceBook(store: fixture.store, file: nil)
        let reader = ReaderSequences(
            store: fixture.store, book: book, organization: Array("acme".utf8))
        #expect(try reader.newest() == Sequence(100))
        for sequence in (UInt64(1)...100).map({ Sequence($0) }) {
            let found = try #require(try reader.event(from: sequence))
            #expect(found.sequence == (sequence == Sequence(51) ? Sequence(52) : sequence))
        }
        for order in [Order.newestFirst, .oldestFirst] {
            let pages = try fixture.pages(
                QueryRequest(organizationID: "acme", order: order, pageSize: 20))
            #expect(pages.count == 5 && pages.flatMap(\.events).count == 99)
            let missing = SequenceRange(first: Sequence(51), last: Sequence(51))
            #expect(pages.flatMap(\.unreadable) == [missing])
        }
        // The oldest cannot be read: it is there, and whoever comes behind it is told so.
        spoil(0)
        let own = Array("acme".utf8)
        let fresh = try SequenceBook(store: fixture.store, file: nil)
        #expect(try fresh.oldest(of: own, from: Sequence(1)) == Sequence(1))
        #expect(fresh.knownOldest(of: own, from: Sequence(2)) != Sequence(1))
        let behind = ReaderSequences(store: fixture.store, book: fresh, organization: own)
        #expect(try behind.sequence(from: Sequence(2)) == Sequence(2))
        let places = SequenceRange(first: Sequence(1), last: Sequence(1))
        var follower = Follower(
            of: own,
            from: FeedEntry(
                place: .zero, sequence: .zero, head: Sequence(100), oldest: Sequence(1)),
            onGap: .goOn)
        let border = FeedBorder(
            before: try behind.lastSequence(through: .zero),
            next: try behind.sequence(from: places.last.next))
        #expect(follower.skip(places, border) == .say(places))
        // The newest cannot be read: what is given next is behind anything that it can have had.
        spoil(297)
        let unsure = try SequenceBook(store: fixture.store, file: nil)
        #expect(try unsure.newest(of: Array("acme".utf8)).sequence >= Sequence(100))
    }

    @Test("events that cannot be read are passed, and those around them are found")
    func damage() throws {
        let disk = SimulatedDisk()
        let fixture = try ServiceFixture(logBytesMax: 16 << 10, on: disk)
        for number in 0..<300 {
            try fixture.record([
                .sample(
                    organization: number % 3 == 0 ? "acme" : "beta",
                    snapshot: "\"\(String(repeating: "x", count: number % 50))\"")
            ])
        }
        try fixture.seal()
        let reader = ReaderSequences(
            store: fixture.store, book: fixture.sequences, organization: Array("acme".utf8))
        let whole = try (UInt64(1)...100).map { try #require(try reader.event(from: Sequence($0))) }
        #expect(whole.map(\.sequence.rawValue) == Array(1...100))
        let segment = try #require(fixture.store.parts.all.compactMap(\.segment).dropFirst().first)
        let place = segment.footer[.events]
        disk.overwrite(segment.path) { $0[place.lowerBound + place.count / 2] ^= 0x10 }
        try fixture.reopen()
        let damaged = ReaderSequences(
            store: fixture.store, book: fixture.sequences, organization: Array("acme".utf8))
        var found: Set<UInt64> = []
        for sequence in UInt64(1)...100 {
            let event = try #require(try damaged.event(from: Sequence(sequence)))
            #expect(event.sequence.rawValue >= sequence)
            #expect(whole[Int(event.sequence.rawValue) - 1].place == event.place)
            if event.sequence.rawValue == sequence { found.insert(sequence) }
        }
        #expect(found.count < 100 && found.count > 20)
        let missing = try #require(try damaged.missing(segment.bounds.sequences))
        for sequence in 1...100 where !found.contains(UInt64(sequence)) {
            #expect(missing.contains(Sequence(UInt64(sequence))))
        }
    }
}
