import AuditModel
import Codec
import EventStore
import TestSupport
import Testing

@testable import AuditService

/// Paging returns every event that matched when the query began, exactly once: while events are
/// recorded, some of them late, over seals and a restart.
struct CompletePagesTests {
    /// A query under way.
    private struct Reading {
        var request: QueryRequest
        let expected: [Sequence]
        var found: [Sequence] = []
        var isDone = false
    }

    @Test("CompletePages", arguments: [1, 7, 30], [Order.newestFirst, .oldestFirst])
    func completePages(eventsPerMillisecond: Int, order: Order) throws {
        var random = SeededGenerator(seed: UInt64(eventsPerMillisecond))
        let disk = SimulatedDisk()
        let fixture = try ServiceFixture(logBytesMax: 128 << 10, on: disk)
        let start = Timestamp.now.advanced(by: .seconds(-3600))
        var stored: [Event] = []
        var readings: [Reading] = []
        let milliseconds = 3_000 / eventsPerMillisecond
        for millisecond in 0..<milliseconds {
            let now = start.advanced(by: .milliseconds(millisecond))
            let events = (0..<eventsPerMillisecond).map { _ in
                event(at: now, millisecond, &random)
            }
            try fixture.record(events, batchEvents: eventsPerMillisecond, now: now)
            for event in events {
                var event = event
                event.sequence = Sequence(UInt64(stored.count + 1))
                stored.append(event)
            }
            if millisecond % max(1, milliseconds / 12) == 0 {
                var reading = begin(stored, order, now, &random)
                // Now, so that it is known what matched when it began.
                try readPage(&reading, fixture)
                readings.append(reading)
            }
            if Int.random(in: 0..<(milliseconds / 6), using: &random) == 0 { try fixture.seal() }
            if millisecond == milliseconds / 2 { try fixture.reopen() }
            if Int.random(in: 0..<6, using: &random) == 0 {
                for index in readings.indices { try readPage(&readings[index], fixture) }
            }
        }
        #expect(stored.count == fixture.store.bounds.head.rawValue)
        for index in readings.indices {
            var reading = readings[index]
            while !reading.isDone { try readPage(&reading, fixture) }
            let lost = Set(reading.expected).subtracting(reading.found)
            let doubled = reading.found.count - Set(reading.found).count
            #expect(lost.isEmpty && doubled == 0, "lost \(lost.count), doubled \(doubled)")
            #expect(reading.found == reading.expected)
        }
        #expect(readings.contains { $0.expected.count > 100 })
    }

    /// Of twenty events one comes two seconds late; every sixteenth millisecond all have one time.
    private func event(
        at now: Timestamp, _ millisecond: Int, _ random: inout SeededGenerator
    ) -> Event {
        var event = Event.sample(
            type: "TYPE_\(Int.random(in: 0..<3, using: &random))",
            target: "t\(Int.random(in: 0..<5, using: &random))")
        event.occurredAt =
            millisecond % 16 == 0
            ? now
            : now.advanced(by: .nanoseconds(Int64.random(in: 0..<1_000_000, using: &random)))
        if Int.random(in: 0..<20, using: &random) == 0 {
            event.occurredAt = now.advanced(by: .seconds(-2))
        }
        return event
    }

    private func begin(
        _ stored: [Event], _ order: Order, _ now: Timestamp, _ random: inout SeededGenerator
    ) -> Reading {
        var filter = EventFilter()
        if Bool.random(using: &random) { filter.eventTypes = ["TYPE_1", "TYPE_2"] }
        if Bool.random(using: &random) {
            filter.since = now.advanced(by: .milliseconds(-2_500))
            filter.until = now.advanced(by: .milliseconds(-1))
        }
        let matching = stored.filter { event in
            guard filter.eventTypes.isEmpty || filter.eventTypes.contains(event.eventType) else {
                return false
            }
            guard let since = filter.since, let until = filter.until else { return true }
            return event.occurredAt.map { $0 >= since && $0 < until } ?? false
        }.map(\.sequence)
        return Reading(
            request: QueryRequest(
                organizationID: "acme", filter: filter, order: order,
                pageSize: Int32.random(in: 1...50, using: &random)),
            expected: order == .newestFirst ? matching.reversed() : matching)
    }

    private func readPage(_ reading: inout Reading, _ fixture: ServiceFixture) throws {
        guard !reading.isDone else { return }
        let page = try QueryResponse(
            decoding: PageQuery(
                store: fixture.store, sequences: fixture.sequences, limits: ServiceLimits()
            ).run(
                reading.request, fixture.control))
        #expect(page.unreadable.isEmpty)
        reading.found += page.events.map(\.sequence)
        reading.request.pageToken = page.nextPageToken
        reading.isDone = page.nextPageToken.isEmpty
    }
}
