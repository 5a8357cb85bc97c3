import AuditModel
import TestSupport
import Testing

@testable import EventStore

@Suite("Event ids")
struct IdentifierTests {
    @Test("are found as a dictionary finds them, over expiry and restarts", arguments: 0..<4)
    func likeADictionary(seed: UInt64) throws {
        struct Key: Hashable {
            var organization: String
            var id: EventID
        }
        var generator = SeededGenerator(seed: seed)
        var disk = SimulatedDisk()
        var (store, _) = try EventStore.test(on: disk, retention: .seconds(50))
        var known: [Key: (sequence: Sequence, time: Int)] = [:]
        for time in 0..<300 {
            var event = StoreOracle.Stored.random(using: &generator)
            // Few ids, so that they come again in their organization and in others.
            event.id = EventID(high: 0, low: UInt64.random(in: 0..<80, using: &generator))
            let key = Key(organization: event.organization, id: event.id)
            store.hideExpired(now: second(time), uptime: .seconds(time))
            let expected = known[key].flatMap { time - $0.time > 50 ? nil : $0.sequence }
            #expect(try StoreOracle.find(event, in: store) == expected, "seed \(seed)")
            if expected == nil {
                let batch = try store.store([event], now: second(time))
                known[key] = (batch.firstSequence, time)
            }
            if time % 40 == 39 {
                _ = try store.expire(now: second(time), uptime: .seconds(time))
            }
            if time % 70 == 69 {
                disk = disk.afterKill()
                store = try EventStore.test(on: disk, retention: .seconds(50)).store
            }
        }
    }

    @Test("cost less than 40 MB for a million events, and expired ones give their room back")
    func memory() {
        let index = IdentifierIndex(secret: 42)
        let organization: [UInt8] = Array("acme".utf8)
        func insert(_ numbers: Range<UInt64>, oldest: UInt64) {
            organization.withUnsafeBytes { frame in
                for number in numbers {
                    let entry = EventBatch.Entry(
                        id: EventID(high: number, low: ~number), occurredAt: .epoch,
                        organization: 0..<4, payload: 4..<4)
                    index.insert(
                        [entry], of: frame, first: Sequence(number), oldest: Sequence(oldest))
                }
            }
        }
        insert(1..<1_000_001, oldest: 1)
        let full = index.residentBytes
        #expect(full < 40_000_000)
        organization.withUnsafeBytes { organization in
            for number: UInt64 in [1, 500_000, 1_000_000] {
                let hash = index.hash(
                    organization: organization, id: EventID(high: number, low: ~number))
                #expect(index.candidates(hash, oldest: .zero) == [Sequence(number)])
                #expect(index.candidates(hash, oldest: Sequence(number + 1)).isEmpty)
            }
        }
        // As many again while at most 100,000 are kept: the table does not grow.
        for number in stride(from: UInt64(1_000_001), to: 2_000_001, by: 100_000) {
            insert(number..<number + 100_000, oldest: number - 1)
        }
        #expect(index.residentBytes == full)
    }
}
