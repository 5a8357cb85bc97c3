import AuditModel
import Codec
import TestSupport
import Testing

@testable import AuditService
@testable import EventStore

/// Bytes that change on the disk while a store runs: what can be read is found, and what cannot is
/// named.
struct SearchDamageTests {
    @Test(arguments: 1...8) func whatIsNotFoundIsNamed(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let store = try SearchStore(&random, events: 300)
        let all = try store.matches(EventFilter(), "")
        // Before or behind the index: rows whose frames are gone, or frames that are not indexed.
        if Bool.random(using: &random) { store.fixture.store.indexLogs() }
        let paths = store.disk.paths.filter { $0.hasSuffix(".log") }
        for _ in 0..<3 {
            let path = try #require(paths.randomElement(using: &random))
            store.disk.overwrite(path) { bytes in
                guard let end = bytes.lastIndex(where: { $0 != 0 }) else { return }
                bytes[Int.random(in: 100..<max(101, end), using: &random)] ^= 0x10
            }
        }
        for _ in 0..<10 {
            _ = try check(store.samples.filter(&random), all, store, "seed \(seed)")
        }
    }

    /// Whether their files are open or were closed meanwhile.
    @Test(arguments: 1...6) func sectorsThatTheDiskDoesNotGiveAreNamed(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let store = try SearchStore(&random, events: 400)
        try store.fixture.seal()
        let all = try store.matches(EventFilter(), "")
        if Bool.random(using: &random) {
            try store.fixture.reopen()
            try store.setRetention()
        }
        for segment in store.fixture.store.parts.all.compactMap(\.segment) {
            let place = segment.footer[.events]
            let first = Int.random(in: place, using: &random)
            store.disk.spoil(segment.path, first..<first + 1)
            if Bool.random(using: &random) { segment.file.close() }
        }
        var lost = 0
        for _ in 0..<8 {
            lost += try check(store.samples.filter(&random), all, store, "seed \(seed)")
        }
        #expect(lost > 0)
    }

    /// Each part of each segment in turn, but the dictionaries that only much larger ones have.
    @Test(arguments: SegmentPart.allCases.filter { $0 != .dictionary && $0 != .dictionaryCopy })
    func aDamagedPartOfSegments(_ part: SegmentPart) throws {
        var random = SeededGenerator(seed: UInt64(part.rawValue))
        // Sets that are too large for the term dictionary.
        let isLarge = part == .postings
        let store = try SearchStore(
            &random, events: isLarge ? 1_500 : 400, logBytesMax: isLarge ? 512 << 10 : nil)
        try store.fixture.seal()
        let all = try store.matches(EventFilter(), "")
        let segments = store.fixture.store.parts.all.compactMap(\.segment)
        var isThere = false
        for segment in segments {
            let place = segment.footer[part]
            guard !place.isEmpty else { continue }
            isThere = true
            store.disk.overwrite(segment.path) { $0[place.lowerBound + place.count / 2] ^= 0x10 }
        }
        #expect(isThere)
        // With empty caches.
        try store.fixture.reopen()
        try store.setRetention()
        let losesEvents = part == .events || part == .blockIndex
        var lost = 0
        for _ in 0..<12 {
            let filter = store.samples.filter(&random)
            lost += try check(filter, all, store, "\(part)")
            guard !losesEvents else { continue }
            let answer = try FacetCount(
                store: store.fixture.store, sequences: store.fixture.sequences,
                limits: ServiceLimits()
            ).run(
                ListFacetsRequest(field: .scope, filter: filter, limit: 1_000),
                store.fixture.control)
            let compiled = CompiledFilter(filter, organization: nil)
            let model = FacetModel(all.filter { matches($0, compiled) }, .scope).top(1_000)
            #expect(answer.facets == model.facets && answer.complete, "\(part), \(filter)")
            #expect(answer.unreadable.isEmpty, "\(part), \(filter)")
            let request = HistogramRequest(filter: filter, splitBy: .actorID, limit: 20)
            let now = Timestamp.now
            let counted = try HistogramCount(
                store: store.fixture.store, sequences: store.fixture.sequences,
                limits: ServiceLimits()
            )
            .run(request, now: now, store.fixture.control)
            let expected = try store.histogram(request, width: counted.bucket, now: now)
            #expect(expected.agrees(with: counted) && counted.complete, "\(part), \(filter)")
            #expect(counted.unreadable.isEmpty, "\(part), \(filter)")
        }
        #expect((lost > 0) == losesEvents, "an index says nothing that the events do not")
    }

    /// The pages of one organization, in its own sequences, whatever budget ends each of them: every event is given or
    /// named, and none is named that can be read.
    @Test(arguments: 1...10) func whatAnOrganizationDoesNotFindIsNamed(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let store = try SearchStore(&random, events: 400)
        if Bool.random(using: &random) { try store.fixture.seal() }
        let names = ["acme", "beta", "gamma", "delta"]
        let all = try names.map { try store.matches(EventFilter(), $0) }
        for _ in 0..<4 {
            let path = try #require(
                store.disk.paths.filter { $0.hasSuffix(".log") || $0.hasSuffix(".segment") }
                    .randomElement(using: &random))
            let segment = store.fixture.store.parts.all.compactMap(\.segment).first {
                $0.path == path
            }
            store.disk.overwrite(path) { bytes in
                guard let end = bytes.lastIndex(where: { $0 != 0 }), end > 100 else { return }
                let place = segment?.footer[.events] ?? 100..<end
                bytes[Int.random(in: place, using: &random)] ^= 0x10
            }
        }
        if Bool.random(using: &random) { store.fixture.store.indexLogs() }
        var lost = 0
        for (name, all) in zip(names, all) {
            let readable = Set(
                all.filter { event in
                    (try? store.fixture.find(event)) == true
                }.map(\.sequence))
            for order in [Order.newestFirst, .oldestFirst] {
                var limits = ServiceLimits()
                limits.pageScanEventsMax = Int.random(in: 1...60, using: &random)
                limits.pageBlocksMax = Int.random(in: 1...4, using: &random)
                limits.unreadableMax = Int.random(in: 1...3, using: &random)
                let pages = try store.fixture.pages(
                    QueryRequest(
                        organizationID: name, order: order,
                        pageSize: Int32.random(in: 1...30, using: &random)), limits: limits)
                let found = pages.flatMap(\.events).map(\.sequence)
                let named = pages.flatMap(\.unreadable)
                let context: Comment = "seed \(seed), \(name), \(order), \(named)"
                #expect(Set(found).count == found.count, context)
                #expect(Set(found) == readable, context)
                for event in all {
                    let isNamed = named.contains { $0.contains(event.sequence) }
                    #expect(isNamed != readable.contains(event.sequence), context)
                }
                lost += all.count - readable.count
            }
        }
        print("seed \(seed): \(lost) could not be read")
    }

    /// More places than one page may name: the pages name each of them, once, and give everything else.
    @Test(arguments: [Order.newestFirst, .oldestFirst])
    func whatARepairLostIsNamedExactly(order: Order) throws {
        let disk = SimulatedDisk()
        let fixture = try ServiceFixture(logBytesMax: 8 << 10, on: disk)
        let old = Timestamp.now.advanced(by: .seconds(-1_000))
        for number in 0..<120 {
            let organization = number % 3 == 0 ? "short" : "long"
            try fixture.record([.sample(organization: organization)], now: old)
        }
        // What a sweep takes leaves the rows that a repair would.
        let short = RetentionRules(ages: [Array("short".utf8): .seconds(10)])
        for _ in 0..<2 {
            try fixture.store.setRetention(short, now: .now, uptime: .sinceStart)
            _ = try fixture.store.expire(now: .now, uptime: .sinceStart)
            try fixture.seal()
        }
        let lost = try fixture.loseHoles(on: disk)
        let there = (1...120).map { Sequence($0) }.filter { !lost.contains($0) }
        #expect(lost.count > 6)

        var limits = ServiceLimits()
        limits.unreadableMax = 2
        let pages = try fixture.pages(QueryRequest(order: order, pageSize: 30), limits: limits)
        let found = pages.flatMap(\.events).map(\.sequence)
        #expect(found == (order == .oldestFirst ? there : there.reversed()))
        let named = pages.flatMap(\.unreadable)
        #expect(pages.allSatisfy { $0.unreadable.count <= 2 })
        #expect(named.sorted { $0.first < $1.first } == fixture.store.lost.ranges)
        let facets = try FacetCount(
            store: fixture.store, sequences: fixture.sequences, limits: limits
        ).run(
            ListFacetsRequest(field: .eventType, filter: EventFilter(), limit: 10), fixture.control)
        #expect(!facets.complete && facets.unreadable.count <= 2)
        let event = try GetEventResponse(
            decoding: EventLookup(
                store: fixture.store, sequences: fixture.sequences, limits: ServiceLimits()
            ).run(
                GetEventRequest(key: .sequence(lost[2].next)),
                fixture.control))
        #expect(event.previousUnknown && event.previous != nil)
    }

    /// Pages of a query give every match that they do not name as unreadable, and name nothing that
    /// can be read. How many events were named.
    private func check(
        _ filter: EventFilter, _ all: [Event], _ store: SearchStore, _ context: String
    ) throws -> Int {
        let compiled = CompiledFilter(filter, organization: nil)
        var count = 0
        for order in [Order.newestFirst, .oldestFirst] {
            let pages = try store.fixture.pages(
                QueryRequest(filter: filter, order: order, pageSize: 20))
            let found = pages.flatMap(\.events)
            let unreadable = pages.flatMap(\.unreadable)
            let named = Set(
                all.map(\.sequence).filter { sequence in
                    unreadable.contains { $0.first <= sequence && sequence <= $0.last }
                })
            let expected = all.filter { !named.contains($0.sequence) && matches($0, compiled) }
            #expect(
                found.filter { !named.contains($0.sequence) }
                    == (order == .newestFirst ? expected.reversed() : expected),
                "\(context), \(order), \(filter)")
            #expect(found.allSatisfy { matches($0, compiled) }, "\(context)")
            try #expect(isUnreadable(unreadable, store), "\(context), \(order), \(filter)")
            count += named.count
        }
        return count
    }

    private func matches(_ event: Event, _ filter: CompiledFilter) -> Bool {
        EventBatch.sample([event], first: event.sequence).withEvent(at: 0) { filter.matches($0) }
    }

    /// Whether each of the ranges is within what a walk over all events cannot read.
    private func isUnreadable(_ ranges: [SequenceRange], _ store: SearchStore) throws -> Bool {
        let bounds = store.fixture.store.bounds
        let lost = try EventScan(
            store: store.fixture.store, control: store.fixture.control, unreadableMax: .max
        ).run(from: bounds.oldest, through: bounds.head, .oldestFirst) { _ in .goOn }.unreadable
        return ranges.allSatisfy { range in
            lost.contains { $0.first <= range.first && range.last <= $0.last }
        }
    }
}
