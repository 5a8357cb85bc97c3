import AuditModel
import Codec
import EventStore
import TestSupport
import Testing

@testable import AuditService

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
            let filter = store.samples.filter(&random)
            let compiled = CompiledFilter(filter, organization: nil)
            for order in [Order.newestFirst, .oldestFirst] {
                let pages = try store.fixture.pages(
                    QueryRequest(filter: filter, order: order, pageSize: 20))
                let found = pages.flatMap(\.events)
                let unreadable = pages.flatMap(\.unreadable)
                let named = all.filter { event in
                    unreadable.contains {
                        $0.first <= event.sequence && event.sequence <= $0.last
                    }
                }
                let expected = all.filter { event in
                    !named.contains(event) && matches(event, compiled)
                }
                #expect(
                    found.filter { !named.contains($0) }
                        == (order == .newestFirst ? expected.reversed() : expected),
                    "seed \(seed), \(order), \(filter)")
                #expect(found.allSatisfy { matches($0, compiled) })
                try #expect(isUnreadable(unreadable, store), "seed \(seed)")
            }
        }
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
