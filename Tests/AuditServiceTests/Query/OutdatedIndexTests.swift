import AuditModel
import Codec
import EventStore
import Logging
import TestSupport
import Testing

@testable import AuditService

/// A store that an older version of the program has sealed, whose indexes lack what today's know.
struct OutdatedIndexTests {
    @Test func findsWhatAnOlderVersionHasNotIndexed() throws {
        // It indexed nothing: whoever asked these indexes would find nothing.
        let fixture = try ServiceFixture(
            logBytesMax: 16 << 10, on: SimulatedDisk(),
            terms: TermExtractor(version: EventTerms.version + 1) { _, _ in })
        var random = SeededGenerator(seed: 3)
        let samples = SearchSamples(start: Timestamp.now.advanced(by: .seconds(-1000)))
        try fixture.record((0..<300).map { _ in samples.event(&random) }, batchEvents: 10)
        try fixture.seal()
        try fixture.reopen(terms: EventTerms.extractor)
        #expect(fixture.store.hasOutdatedIndex)
        let request = QueryRequest(
            filter: EventFilter(eventTypes: ["TYPE_0"]), order: .newestFirst, pageSize: 20)
        let facets = ListFacetsRequest(field: .actorID, filter: EventFilter(), limit: 100)
        func answers() throws -> (events: [Event], facets: [Facet]) {
            let counted = try FacetCount(
                store: fixture.store, sequences: fixture.sequences, limits: ServiceLimits()
            )
            .run(facets, fixture.control)
            #expect(counted.complete && counted.totalCount == 300)
            return (try fixture.pages(request).flatMap(\.events), counted.facets)
        }
        let scanned = try answers()
        #expect(scanned.events.count > 20)
        #expect(scanned.events.allSatisfy { $0.eventType == "TYPE_0" })
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let worker = UpkeepWorker(
            store: fixture.store, sequences: fixture.sequences, logger: logger)
        while worker.run(.reindex) == .done {}
        #expect(!fixture.store.hasOutdatedIndex)
        let indexed = try answers()
        #expect(indexed.events == scanned.events && indexed.facets == scanned.facets)
    }
}
