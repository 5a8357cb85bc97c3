import AuditModel
import Synchronization
import TestSupport
import Testing

@testable import EventStore

@Suite("The table that searches look at first")
struct ProbeTableTests {
    private let models: [SegmentModel]
    private let parts: [StorePart]
    private var segments: [Segment] { parts.compactMap(\.segment) }

    init() throws {
        var generator = SeededGenerator(seed: 41)
        var shape = SegmentModel.Shape()
        shape.values = 40
        models = (0..<6).map { _ in
            SegmentModel.random(count: 120, shape, using: &generator)
        }
        parts = try models.map { .sealed(try $0.write(to: SimulatedDisk.withSegments())) }
    }

    private func find(_ probe: SearchProbe, in table: ProbeTable, version: UInt32 = 1) -> [Int] {
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: table.count) { places in
            places[..<table.find(probe, termsVersion: version, to: places)].map(Int.init)
        }
    }

    /// As searches read them.
    private func tableWithFilters() -> ProbeTable {
        var table = ProbeTable(parts)
        let probe = SearchProbe(organization: models[0].organizations[0], fields: [])
        for (place, segment) in segments.enumerated() {
            #expect(!table.isBehind(parts[place], at: place))
            _ = segment.mayMatch(probe)
            #expect(table.isBehind(parts[place], at: place))
            table.replace(at: place, by: parts[place])
            #expect(!table.isBehind(parts[place], at: place))
        }
        return table
    }

    @Test("leaves just the segments whose filters and times may have what is looked for")
    func finds() {
        let table = tableWithFilters()
        var excluded = 0
        for model in models {
            for (row, event) in model.live where row % 7 == 0 {
                let terms = event.terms.map { EventTerm(field: $0.field, value: $0.value) }
                let absent = EventTerm(field: 1, value: Array("no such value \(row)".utf8))
                let time = event.occurredAt
                for probe in [
                    SearchProbe(organization: event.organization, fields: terms.map { [$0] }),
                    SearchProbe(organization: event.organization, fields: [[absent] + terms]),
                    SearchProbe(organization: event.organization, fields: [[absent], terms]),
                    SearchProbe(
                        organization: event.organization, fields: terms.prefix(1).map { [$0] },
                        occurred: OccurredRange(since: time, until: time.advanced(by: .zero))),
                    SearchProbe(
                        organization: nil, fields: [], occurred: OccurredRange(until: time)),
                    SearchProbe(
                        organization: nil, fields: [], occurred: OccurredRange(since: time)),
                ] {
                    let expected = segments.indices.filter { probe.mayMatch(segments[$0]) }
                    #expect(find(probe, in: table) == expected)
                    excluded += segments.count - expected.count
                }
            }
        }
        #expect(excluded > 100)
    }

    @Test("leaves all whose filters are not read, or are of other terms")
    func unknown() {
        let probe = SearchProbe(
            organization: Array("nobody".utf8),
            fields: [[EventTerm(field: 1, value: Array("nothing".utf8))]])
        #expect(find(probe, in: ProbeTable(parts)) == Array(parts.indices))
        let table = tableWithFilters()
        #expect(find(probe, in: table, version: 2) == Array(parts.indices))
        #expect(find(probe, in: table).isEmpty)
    }

    @Test("a store notes the filters that its searches have read")
    func noted() throws {
        var generator = SeededGenerator(seed: 42)
        let disk = SimulatedDisk()
        var configuration = StoreConfiguration.test()
        configuration.logEventsMax = 12
        let (store, _) = try EventStore.open(configuration, fileSystem: disk)
        defer { store.close() }
        var oracle = StoreOracle()
        let probe = SearchProbe(organization: Array("nobody".utf8), fields: [])
        for round in 0..<3 {
            try fill(
                store, &oracle, frames: 20, startingAt: round * 20, eventsMax: 3,
                using: &generator)
            #expect(try store.sealAll() > 0)
            let parts = store.searchView(for: probe).parts
            // Only what is not sealed may have it.
            #expect(parts.allSatisfy { !$0.isSealed })
            let stored = store.published.withLock { $0.parts }
            #expect(stored.segmentCount > round)
            #expect(stored.probes.count == stored.all.count)
            let places = find(probe, in: stored.probes, version: configuration.terms.version)
            #expect(places.allSatisfy { stored.all[$0].segment == nil })
        }
    }
}
