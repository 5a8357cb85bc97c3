import AuditModel
import AuditRPC
import Codec
import EventStore
import TestSupport
import Testing

@testable import AuditService

struct FeedReaderTests {
    /// Events of "long", then of "short", in turns; the short ones are past their age, and swept.
    private func sweptStore() throws -> (store: EventStore, oracle: StoreOracle) {
        let (store, _) = try EventStore.open(
            StoreConfiguration(
                directory: "data", terms: EventTerms.extractor, logBytesMax: 4096, logEventsMax: 40),
            fileSystem: SimulatedDisk())
        var oracle = StoreOracle()
        let past = Timestamp.now.advanced(by: .seconds(-1_000))
        for frame in 0..<40 {
            // The last log holds short ones alone, so that the end is a hole too.
            let organization = frame % 8 < 3 && frame < 36 ? "long" : "short"
            let batch = EventBatch.sample(
                count: 10, first: oracle.head.next, organization: organization)
            let events = (0..<batch.count).map { index in
                batch.withEvent(at: index) { event in
                    StoreOracle.Stored(
                        organization: organization, id: event.id, occurredAt: past,
                        payload: Array(event.payload))
                }
            }
            oracle.add(try store.store(events, now: past))
        }
        let age = RetentionRules(ages: [Array("short".utf8): Duration.seconds(10)])
        try store.setRetention(age, now: .now, uptime: .sinceStart)
        _ = try store.expire(now: .now, uptime: .sinceStart)
        while try store.seal() != nil {}
        #expect(try store.expire(now: .now, uptime: .sinceStart).rewritten > 2)
        #expect(store.bounds.events < 200)
        return (store, oracle)
    }

    @Test(
        "passes what another organization's retention took, to the end",
        arguments: [nil, "long", "short"])
    func holes(organization: String?) throws {
        let (store, oracle) = try sweptStore()
        let reader = try FeedReader(
            store: store, sequences: SequenceBook(store: store), limits: ServiceLimits(),
            seal: { SharedMessage($0) })
        let plan = SearchPlan(EventFilter(), organization: organization.map { Array($0.utf8) })
        var position = store.bounds(of: plan.organization).oldest.previous
        var sent = 0
        while position < oracle.head {
            let portions = try #require(reader.portions(plan, after: position))
            for portion in portions { sent += portion.events }
            let through = try #require(portions.last?.through)
            try #require(through > position, "it goes on")
            position = through
        }
        let kept = oracle.events.indices.count { index in
            oracle.events[index].organization == "long"
                && UInt64(index) + 1 >= store.bounds(of: plan.organization).oldest.rawValue
        }
        #expect(sent == (organization == "short" ? 0 : kept))
    }

    @Test("does not pass what its own organization's retention took: that is a gap")
    func ownGap() throws {
        let (store, _) = try sweptStore()
        let reader = try FeedReader(
            store: store, sequences: SequenceBook(store: store), limits: ServiceLimits(),
            seal: { SharedMessage($0) })
        let plan = SearchPlan(EventFilter(), organization: Array("short".utf8))
        #expect(try #require(reader.portions(plan, after: Sequence(5))).isEmpty)
    }

    @Test(
        "tells what was removed before a longer policy came, and nobody else of it",
        arguments: ["long", "short"])
    func longerPolicy(organization: String) throws {
        let (store, oracle) = try sweptStore()
        try store.setRetention(RetentionRules(), now: .now, uptime: .sinceStart)
        let reader = try FeedReader(
            store: store, sequences: SequenceBook(store: store), limits: ServiceLimits(),
            seal: { SharedMessage($0) })
        let plan = SearchPlan(EventFilter(), organization: Array(organization.utf8))
        var position = store.bounds.oldest.previous
        var sent = 0
        var gone: [SequenceRange] = []
        while position < oracle.head {
            let control = ReadControl(end: .now.advanced(by: .seconds(3600)))
            switch reader.read(plan, after: position, control) {
            case .portions(let portions):
                sent += portions.reduce(0) { $0 + $1.events }
                let through = try #require(portions.last?.through)
                try #require(through > position, "it goes on")
                position = through
            case .removed(let last):
                gone.append(SequenceRange(first: position.next, last: last))
                position = last
            case .damage, .failure:
                Issue.record("the store is whole")
                return
            }
        }
        let own = (store.bounds.oldest.rawValue...oracle.head.rawValue).map { Sequence($0) }
            .filter { oracle[$0].organization == organization }
        let told = own.count { sequence in gone.contains { $0.contains(sequence) } }
        #expect(sent + told == own.count)
        #expect(gone.isEmpty == (organization == "long"))
        #expect(gone.allSatisfy { oracle[$0.last].organization == organization })
    }

    @Test("stops before what a restored store skipped: that is a gap", arguments: [false, true])
    func skipped(isSealed: Bool) throws {
        let disk = SimulatedDisk()
        func open(_ directory: String) throws -> (store: EventStore, report: RecoveryReport) {
            try EventStore.open(
                StoreConfiguration(
                    directory: directory, terms: EventTerms.extractor, logBytesMax: 4096,
                    logEventsMax: 40, openedAt: .now), fileSystem: disk)
        }
        let original = try open("data").store
        func record(_ store: EventStore) throws {
            let batch = EventBatch.sample(
                count: 30, first: store.nextSequence, organization: "acme")
            let events = (0..<batch.count).map { index in
                batch.withEvent(at: index) { event in
                    StoreOracle.Stored(
                        organization: "acme", id: event.id, occurredAt: .now,
                        payload: Array(event.payload))
                }
            }
            try store.store(events, now: .now)
        }
        for _ in 0..<3 { try record(original) }
        _ = try original.snapshot(to: "backup", now: .now)
        let (store, report) = try open("backup")
        let skipped = try #require(report.restoration?.skipped)
        for _ in 0..<3 { try record(store) }
        if isSealed { while try store.seal() != nil {} }
        let reader = try FeedReader(
            store: store, sequences: SequenceBook(store: store), limits: ServiceLimits(),
            seal: { SharedMessage($0) })
        for organization in ["acme", "globex"] {
            let plan = SearchPlan(EventFilter(), organization: Array(organization.utf8))
            var position = Sequence.zero
            var sent = 0
            while position < skipped.first.previous {
                let portions = try #require(reader.portions(plan, after: position))
                let through = try #require(portions.last?.through)
                try #require(through > position, "it goes on")
                position = through
                sent += portions.reduce(0) { $0 + $1.events }
            }
            #expect(position == skipped.first.previous)
            #expect((sent > 0) == (organization == "acme"))
            let behind = try #require(reader.portions(plan, after: skipped.last))
            #expect(try #require(behind.last?.through) > skipped.last)
        }
    }
}

extension FeedReader {
    /// Nil when nothing could be read.
    fileprivate func portions(_ plan: SearchPlan, after position: Sequence) -> [FeedPortion]? {
        let control = ReadControl(end: .now.advanced(by: .seconds(3600)))
        guard case .portions(let portions) = read(plan, after: position, control) else {
            return nil
        }
        return portions
    }
}
