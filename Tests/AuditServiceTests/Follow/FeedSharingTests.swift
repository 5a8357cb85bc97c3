import AuditModel
import AuditRPC
import Codec
import EventStore
import Subscribe
import TestSupport
import Testing

@testable import AuditService

/// What the subscriptions of a feed cost together, in messages that are made and reads of the disk.
struct FeedSharingTests {
    private let disk = SimulatedDisk()
    private let fixture: ServiceFixture
    private let feed: Feed<Int>

    init() throws {
        fixture = try ServiceFixture(logBytesMax: 1 << 20, on: disk)
        feed = Feed<Int>(
            store: fixture.store, sequences: fixture.sequences, limits: ServiceLimits(),
            feedLimits: FeedLimits(ringEventsMax: 1_000), seal: { SharedMessage($0) },
            woken: { _ in })
    }

    private func publish(
        _ count: Int, snapshotBytes: Int = 0, actor: (Int) -> String = { _ in "ada" }
    ) throws {
        let snapshot = "\"" + String(repeating: "x", count: snapshotBytes) + "\""
        for number in 0..<count {
            let event = Event.sample(actor: actor(number), snapshot: snapshot)
            let (_, batch) = fixture.commit([try fixture.prepare([event])])
            feed.publish(try #require(batch))
        }
    }

    @Test("what others record costs a follower a look at each commit, however many events it has")
    func othersEvents() throws {
        var limits = ServiceLimits()
        limits.feedScanEventsMax = 5
        let events = (0..<900).map { Event.sample(organization: $0 == 700 ? "acme" : "o\($0 / 2)") }
        let (_, stored) = fixture.commit([try fixture.prepare(events)])
        let batch = try #require(stored)
        func look(_ organization: String?, through last: Sequence? = nil) -> FeedPortion {
            let filter = CompiledFilter(
                EventFilter(), organization: organization.map { Array($0.utf8) })
            var packer = RingPacker(
                filter, fixture.store.visibility, limits, { SharedMessage($0) }, after: .zero,
                through: last)
            packer.add(batch)
            return packer.finish()
        }
        let own = look("acme")
        #expect(own.events == 1 && own.through == batch.lastSequence && !own.isFull)
        let none = look("nobody")
        #expect(none.events == 0 && none.through == batch.lastSequence)
        #expect(look("o3").events == 2)
        // Who goes on together with another ends where that one did.
        let part = look("acme", through: Sequence(500))
        #expect(part.events == 0 && part.through == Sequence(500))
        let whole = look("acme", through: Sequence(701))
        #expect(whole.events == 1 && whole.through == Sequence(701))
        // Who reads all looks at each.
        #expect(look(nil).through == Sequence(5))
    }

    private func group(_ members: Int, _ filter: EventFilter = EventFilter()) -> FeedGroup {
        let plan = SearchPlan(filter, organization: Array("acme".utf8))
        return (0..<members).map { _ in feed.join(plan) }.last!
    }

    /// All portions of the ring from behind `position` on.
    private func ring(_ group: FeedGroup, after position: Sequence) throws -> [FeedPortion] {
        var portions: [FeedPortion] = []
        while (portions.last?.through ?? position) < feed.hub.bounds.head {
            let next = portions.last?.through ?? position
            portions.append(try #require(feed.readRing(group, after: next)))
        }
        return portions
    }

    /// One portion, or several, of the disk.
    private func disk(_ group: FeedGroup, after position: Sequence) async -> [FeedPortion] {
        let reading: FeedReading = await withCheckedContinuation { continuation in
            let look = feed.readDisk(group, after: position) {
                continuation.resume(returning: $0)
            }
            if case .known(let known) = look {
                continuation.resume(returning: .portions([known]))
            }
        }
        guard case .portions(let portions) = reading else { return [] }
        return portions
    }

    @Test func aMessageIsMadeOnceForAllWithTheSameFilter() throws {
        let group = group(100)
        try publish(50)
        let looks = try (0..<100).map { _ in try ring(group, after: .zero) }
        #expect(feed.counters.totals.packedMessages == 1)
        #expect(looks.allSatisfy { $0.count == 1 && $0[0].message === looks[0][0].message })
        let message = try #require(looks[0][0].message as? SharedMessage)
        guard case .events(let events) = try SubscribeResponse(decoding: message.bytes) else {
            Issue.record("no events")
            return
        }
        #expect(events.map(\.sequence.rawValue) == Array(1...50))
        feed.stop()
    }

    @Test func aSubscriptionAloneKeepsNothing() throws {
        let group = group(1)
        try publish(3)
        _ = try ring(group, after: .zero)
        _ = try ring(group, after: .zero)
        #expect(feed.counters.totals.packedMessages == 2)
        feed.stop()
    }

    @Test func whoIsSlowerThanTheCommitsTakesManyInOneLook() throws {
        let group = group(2)
        for number in UInt64(0)..<100 {
            try publish(1)
            let live = try ring(group, after: Sequence(number))
            #expect(live.map(\.events) == [1])
        }
        let slow = try ring(group, after: .zero)
        #expect(slow.map(\.events) == [100], "not one message for each commit")
        let packed = feed.counters.totals.packedMessages
        #expect(try ring(group, after: .zero)[0].message === slow[0].message)
        #expect(feed.counters.totals.packedMessages == packed)
        feed.stop()
    }

    @Test func whoIsInTheMidstOfAMessageGoesOnWithTheOthers() throws {
        let group = group(2)
        try publish(200, snapshotBytes: 2_000)
        let first = try ring(group, after: .zero)
        #expect(first.count > 4)
        let second = try ring(group, after: Sequence(7))
        #expect(second[0].message !== first[0].message)
        #expect(second[0].through == first[0].through, "its first message ends where theirs does")
        #expect(
            zip(second.dropFirst(), first.dropFirst()).allSatisfy { $0.message === $1.message })
        #expect(second.count == first.count)
        feed.stop()
    }

    @Test func oneReadingOfTheDiskServesAllWhoAreBehind() async throws {
        let group = group(10)
        try publish(1_500, snapshotBytes: 500)
        fixture.store.indexLogs()
        let first = await disk(group, after: .zero)
        #expect(first.count > 1)
        let reads = disk.reads
        let packed = feed.counters.totals.packedMessages
        for _ in 0..<9 {
            var position = Sequence.zero
            for portion in first {
                let known = await disk(group, after: position)
                #expect(known.count == 1 && known[0].message === portion.message)
                position = portion.through
            }
        }
        #expect(disk.reads == reads)
        #expect(feed.counters.totals.packedMessages == packed)
        feed.stop()
    }

    @Test func aFilterThatMatchesLittleReadsLittle() async throws {
        let group = group(1, EventFilter(actorIDs: ["rare"]))
        try publish(1_500, snapshotBytes: 2_000) { $0 % 500 == 250 ? "rare" : "ada" }
        fixture.store.indexLogs()
        let reads = disk.reads
        let portions = await disk(group, after: .zero)
        #expect(portions.map(\.events) == [3])
        #expect(portions.last?.through == fixture.store.bounds.head)
        #expect(disk.reads - reads <= 3 * 2, "the blocks that hold them, and no other")
        feed.stop()
    }

    @Test func whatRetentionMayHideIsNotShared() async throws {
        let old = Timestamp.now.advanced(by: .seconds(-100))
        try fixture.record((0..<20).map { _ in .sample() }, now: old)
        try publish(1)
        let group = group(2)
        let before = await disk(group, after: .zero)
        #expect(before.last?.through == Sequence(21))
        try fixture.store.setRetention(
            RetentionRules(standard: .seconds(10)), now: .now, uptime: .sinceStart)
        #expect(await disk(group, after: .zero).isEmpty, "it is a gap now")
        feed.stop()
    }

    /// Of a reader of all organizations the events that one of them may not show any more are passed in
    /// silence; who reads them after the rules were made longer is not given that.
    @Test func whatAReadingFoundHiddenIsNotShared() async throws {
        let then = Timestamp.now.advanced(by: .seconds(-100))
        try fixture.record((0..<20).map { _ in .sample() }, now: then)
        try publish(1)
        let plan = SearchPlan(EventFilter(), organization: nil)
        let group = feed.join(plan)
        _ = feed.join(plan)
        let short = RetentionRules(ages: [Array("acme".utf8): .seconds(50)])
        try fixture.store.setRetention(short, now: then, uptime: .sinceStart)
        #expect(await disk(group, after: .zero).map(\.events) == [1], "the reading hides them")
        try fixture.store.setRetention(RetentionRules(), now: .now, uptime: .sinceStart)
        #expect(await disk(group, after: .zero).map(\.events) == [21])
        feed.stop()
    }

    @Test func aGroupEndsWithItsLastMember() {
        let plan = SearchPlan(EventFilter(), organization: nil)
        let first = feed.join(plan)
        #expect(feed.join(plan) === first)
        feed.leave(first)
        #expect(feed.groupCount == 1)
        feed.leave(first)
        #expect(feed.groupCount == 0)
        feed.stop()
    }
}
