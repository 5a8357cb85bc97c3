import AuditModel
import EventStore
import TestSupport
import Testing

@Suite("Retention by organization")
struct OrganizationRetentionTests {
    /// An event of each organization a second, 0 to 99.
    private func fill(_ store: EventStore) throws(StoreError) -> StoreOracle {
        var generator = SeededGenerator(seed: 7)
        var oracle = StoreOracle()
        for time in 0..<100 {
            var events = StoreOracle.Stored.random(count: 2, using: &generator)
            events[0].organization = "short"
            events[1].organization = "long"
            oracle.add(try store.store(events, now: second(time)))
        }
        return oracle
    }

    private func shown(_ oracle: StoreOracle, _ store: EventStore) throws -> [String: Int] {
        var count: [String: Int] = [:]
        for event in oracle.events {
            let found = try StoreOracle.find(event, in: store)
            if let found, try store.read(found) != nil {
                count[event.organization, default: 0] += 1
            }
        }
        return count
    }

    private let rules = RetentionRules(
        standard: .seconds(50), ages: [Array("short".utf8): Duration.seconds(10)])

    @Test("hides the events of one organization alone, and its ids are free again")
    func hides() throws {
        let (store, _) = try EventStore.test(on: SimulatedDisk())
        let oracle = try fill(store)
        try store.setRetention(rules, now: second(100), uptime: .zero)
        #expect(try shown(oracle, store) == ["short": 10, "long": 50])
        #expect(store.bounds(of: Array("short".utf8)).oldest == Sequence(181))
        #expect(store.bounds(of: Array("long".utf8)).oldest == Sequence(101))
        #expect(store.bounds(of: nil).oldest == Sequence(101))
        store.hideExpired(now: second(105), uptime: .seconds(5))
        #expect(try shown(oracle, store) == ["short": 5, "long": 45])
    }

    @Test("a longer age shows again what no sweep has removed")
    func longer() throws {
        let (store, _) = try EventStore.test(on: SimulatedDisk())
        let oracle = try fill(store)
        try store.setRetention(rules, now: second(100), uptime: .zero)
        var longer = rules
        longer.holds = [Array("short".utf8)]
        try store.setRetention(longer, now: second(100), uptime: .zero)
        #expect(try shown(oracle, store) == ["short": 100, "long": 50])
    }

    @Test("a sweep removes only what is past every age, and nothing of what is held")
    func sweeps() throws {
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk)
        let oracle = try fill(store)
        var held = rules
        held.holds = [Array("long".utf8)]
        try store.setRetention(held, now: second(100), uptime: .zero)
        #expect(try store.expire(now: second(100), uptime: .zero).files == 0)
        try store.setRetention(rules, now: second(100), uptime: .zero)
        let report = try store.expire(now: second(100), uptime: .zero)
        #expect(report.files > 0)
        #expect(report.events <= 100)
        #expect(try shown(oracle, store) == ["short": 10, "long": 50])
        try store.setRetention(RetentionRules(), now: second(100), uptime: .zero)
        #expect(store.bounds.oldest == Sequence(UInt64(report.events) + 1))
    }

    @Test("refuses an age of nothing and changes nothing then")
    func refuses() throws {
        let (store, _) = try EventStore.test(on: SimulatedDisk())
        let oracle = try fill(store)
        #expect(throws: StoreError.self) {
            try store.setRetention(
                RetentionRules(ages: [Array("short".utf8): Duration.zero]), now: second(100),
                uptime: .zero)
        }
        #expect(try shown(oracle, store) == ["short": 100, "long": 100])
    }
}
