import AuditModel
import TestSupport
import Testing

@testable import EventStore

/// Segments that were indexed by other terms than today's.
@Suite("Indexing anew")
struct ReindexTests {
    /// The second version knows only one field, which the first one does not.
    private static let renewed = TermExtractor(version: 2) { event, report in
        report(9, event.organization, UnsafeRawBufferPointer(start: nil, count: 0))
    }

    private func open(
        _ disk: SimulatedDisk, _ terms: TermExtractor
    ) throws -> EventStore {
        var configuration = StoreConfiguration.test()
        configuration.terms = terms
        return try EventStore.open(configuration, fileSystem: disk).store
    }

    private func sealed(_ disk: SimulatedDisk) throws -> StoreOracle {
        var generator = SeededGenerator(seed: 4)
        var oracle = StoreOracle()
        let store = try open(disk, ModelEvent.extractor)
        try fill(store, &oracle, frames: 100, using: &generator)
        try store.sealAll()
        #expect(!store.hasOutdatedIndex)
        #expect(try store.reindex() == nil)
        store.close()
        return oracle
    }

    /// The events of the store that have the new field's term, by index.
    private func found(in store: EventStore, organization: String) throws -> Int {
        let name = Array(organization.utf8)
        return try store.searchView().parts.reduce(0) { count, part in
            let rows = try part.index?.rows(of: name, with: EventTerm(field: 9, value: name))
            return count + (rows?.count ?? 0)
        }
    }

    @Test("an index of other terms is not asked until it was made anew")
    func renews() throws {
        let disk = SimulatedDisk()
        let oracle = try sealed(disk)
        let store = try open(disk, Self.renewed)
        let before = store.parts.segmentCount
        #expect(before > 2)
        #expect(store.hasOutdatedIndex)
        #expect(store.searchView().parts.count { $0.isSealed && $0.index == nil } == before)
        for path in segments(disk) {
            let report = SegmentVerifier(
                SegmentResources(fileSystem: disk), terms: Self.renewed
            ).verify(path)
            #expect(report.isWhole, "other terms are no damage")
        }
        var count = 0
        while let report = try store.reindex() {
            count += 1
            #expect(report.bytes == disk.contents(store.path(of: report.sequences))?.count)
        }
        #expect(count == before)
        #expect(!store.hasOutdatedIndex)
        #expect(store.searchView().parts.allSatisfy { !$0.isSealed || $0.index != nil })
        #expect(try oracle.difference(to: store) == nil)
        let organization = oracle.events[0].organization
        let expected = oracle.events.count { $0.organization == organization }
        let inLog = store.parts.all.last?.events ?? 0
        #expect(try found(in: store, organization: organization) >= expected - inLog)

        store.close()
        let again = try open(disk, Self.renewed)
        #expect(!again.hasOutdatedIndex, "the new version is on the disk")
        #expect(try oracle.difference(to: again) == nil)
    }

    @Test("what cannot be read is said once, and the others are indexed")
    func damage() throws {
        let disk = SimulatedDisk()
        _ = try sealed(disk)
        let store = try open(disk, Self.renewed)
        let bad = try #require(store.parts.all[1].segment)
        disk.overwrite(bad.path) { $0[bad.footer[.events].lowerBound + 30] ^= 1 }
        var errors = 0
        var renewed = 0
        while true {
            do throws(StoreError) {
                guard try store.reindex() != nil else { break }
                renewed += 1
            } catch {
                #expect(error.code == .damaged)
                errors += 1
            }
        }
        #expect(errors == 1)
        #expect(renewed == store.parts.segmentCount - 1)
        #expect(store.hasOutdatedIndex)
    }

    @Test("a full disk changes nothing, and the next call goes on")
    func fullDisk() throws {
        let disk = SimulatedDisk()
        let oracle = try sealed(disk)
        let store = try open(disk, Self.renewed)
        disk.plan = FaultPlan(capacityBytes: 0)
        #expect(throws: StoreError.self) { try store.reindex() }
        #expect(try oracle.difference(to: store) == nil)
        disk.plan = FaultPlan()
        while try store.reindex() != nil {}
        #expect(!store.hasOutdatedIndex)
        #expect(try oracle.difference(to: store) == nil)
    }
}

extension EventStore {
    fileprivate func path(of sequences: SequenceRange) -> String {
        configuration.segmentDirectory + "/" + SegmentName.of(sequences.first)
    }
}
