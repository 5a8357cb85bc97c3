import AuditModel
import EventStore
import TestSupport
import Testing

@Suite("Segments")
struct SegmentTests {
    /// Answers everything as the model does, after it was opened anew too, and verifies.
    private func expectWhole(
        _ model: SegmentModel, seed: UInt64, _ what: String
    ) throws {
        var generator = SeededGenerator(seed: seed)
        let disk = try SimulatedDisk.withSegments()
        let written = try model.write(to: disk)
        let again = try Segment.open(written.path, SegmentResources(fileSystem: disk))
        for segment in [written, again] {
            #expect(try model.difference(to: segment, using: &generator) == nil, "\(what)")
            #expect(try model.eventDifference(to: segment) == nil, "\(what)")
        }
        let verifier = SegmentVerifier(
            SegmentResources(fileSystem: disk), terms: ModelEvent.extractor)
        let report = verifier.verify(written.path)
        #expect(report.isWhole, "\(what): \(report.findings)")
        #expect(report.events == model.live.count, "\(what)")
        #expect(written.bounds == again.bounds && report.bounds == again.bounds, "\(what)")
    }

    @Test("random events of any number come back, by row, by id and by every index")
    func roundTrip() throws {
        for seed: UInt64 in 1...24 {
            var generator = SeededGenerator(seed: seed)
            let count = [1, 2, 7, 60, 150][Int(seed % 5)]
            var shape = SegmentModel.Shape()
            shape.organizations = [1, 4, 20][Int(seed % 3)]
            shape.occurredUnit = [1, 1000, 1_000_000, 1_000_000_000][Int(seed % 4)]
            shape.holes = seed % 2 == 0 ? 0 : [0.1, 0.5, 0.95][Int(seed % 3)]
            shape.frameEventsMax = [1, 5, 100][Int(seed / 3 % 3)]
            let model = SegmentModel.random(count: count, shape, using: &generator)
            try expectWhole(model, seed: seed, "seed \(seed)")
        }
    }

    @Test("a segment of several chunks, pages, blocks and a dictionary of its own")
    func large() throws {
        for (seed, holes) in [(1, 0.0), (2, 0.3)] as [(UInt64, Double)] {
            var generator = SeededGenerator(seed: seed)
            var shape = SegmentModel.Shape()
            shape.holes = holes
            shape.values = 200
            shape.organizations = 3
            let model = SegmentModel.random(count: 4500, shape, using: &generator)
            let disk = try SimulatedDisk.withSegments()
            let segment = try model.write(to: disk)
            #expect(try model.eventDifference(to: segment) == nil)
            let report = SegmentVerifier(
                SegmentResources(fileSystem: disk), terms: ModelEvent.extractor
            ).verify(segment.path)
            #expect(report.isWhole, "\(report.findings)")
            let organization = model.organizations[0]
            for field: UInt8 in [1, 2, 31] {
                for (term, count) in model.values(of: organization, field: field) {
                    let rows = try segment.rows(
                        of: organization,
                        with: EventTerm(
                            field: field, value: term.value, qualifier: term.qualifier))
                    #expect(rows.count == count)
                }
            }
            let range = OccurredRange(
                since: model.live[1000].event.occurredAt,
                until: model.live[2900].event.occurredAt)
            #expect(
                try segment.rows(segment.rows(), occurredIn: range).rows
                    == model.rows { range.contains($0.occurredAt) })
        }
    }

    @Test("a segment of which retention left nothing stands for its range")
    func empty() throws {
        let disk = try SimulatedDisk.withSegments()
        let model = SegmentModel(first: Sequence(5), events: [nil, nil, nil])
        let segment = try model.write(to: disk)
        #expect(segment.bounds.events == 0)
        #expect(segment.bounds.occurredAt == nil)
        #expect(segment.bounds.recordedAt == second(0)...second(1))
        try expectWhole(model, seed: 1, "empty")
    }

    @Test("extreme times, sizes and bytes come back")
    func extremes() throws {
        var generator = SeededGenerator(seed: 3)
        var model = SegmentModel.random(count: 8, using: &generator)
        model.events[0]!.occurredAt = Timestamp(nanosecondsSinceEpoch: .min)
        model.events[1]!.occurredAt = Timestamp(nanosecondsSinceEpoch: .max)
        model.events[2]!.organization = Array(repeating: 0, count: 300)
        model.events[3]!.organization = []
        model.events[4]!.tail = generator.bytes(300_000)
        model.events[5]!.tail = Array(repeating: 7, count: 100_000)
        model.events[6]!.terms = []
        try expectWhole(model, seed: 1, "extremes")
    }

    @Test("what cannot be a term is not indexed, and the rest of its event is")
    func notIndexed() throws {
        var generator = SeededGenerator(seed: 4)
        var model = SegmentModel.random(count: 3, using: &generator)
        let good = ModelEvent.Term(field: 1, value: Array("good".utf8), qualifier: [])
        let bad = [
            ModelEvent.Term(field: 32, value: Array("field".utf8), qualifier: []),
            ModelEvent.Term(field: 1, value: [], qualifier: []),
            ModelEvent.Term(field: 1, value: [65, 0, 66], qualifier: []),
        ]
        model.events[1]!.terms = bad + [good]
        let segment = try model.write(to: try SimulatedDisk.withSegments())
        let organization = model.events[1]!.organization
        #expect(
            try segment.rows(of: organization, with: EventTerm(field: 1, value: good.value)).rows
                == [1])
        for term in bad {
            let wanted = EventTerm(field: term.field, value: term.value)
            #expect(try segment.rows(of: organization, with: wanted).isEmpty)
        }
        #expect(try model.eventDifference(to: segment) == nil)
    }

    @Test("an id that is new costs no read once the filter is cached")
    func newIDs() throws {
        var generator = SeededGenerator(seed: 5)
        let model = SegmentModel.random(count: 500, using: &generator)
        let disk = try SimulatedDisk.withSegments()
        let segment = try model.write(to: disk)
        let organization = model.organizations[0]
        func find(_ id: EventID) throws -> Row? {
            try organization.withUnsafeBytes { try segment.find(organization: $0, id: id) }
        }
        _ = try find(EventID(high: 1, low: 1))
        let reads = disk.reads
        var extra = 0
        for _ in 0..<1000 {
            let before = disk.reads
            #expect(try find(EventID(high: generator.next(), low: generator.next())) == nil)
            extra += disk.reads - before
        }
        #expect(disk.reads - reads == extra)
        // 0.6 % get past the filter, and each page of the table is read once.
        #expect(extra <= 4, "\(extra) reads")
        // The same id in another organization is another event.
        let other = try #require(model.live.first { $0.event.organization != organization })
        #expect(try find(other.event.id) == nil)
    }

    @Test("an open segment has read its header and footer and nothing else")
    func openReads() throws {
        var generator = SeededGenerator(seed: 6)
        let model = SegmentModel.random(count: 2000, using: &generator)
        let disk = try SimulatedDisk.withSegments()
        let path = try model.write(to: disk).path
        let resources = SegmentResources(fileSystem: disk)
        let reads = disk.reads
        let segment = try Segment.open(path, resources)
        #expect(disk.reads - reads == 3)
        #expect(resources.usage.cachedBytes == 0)
        #expect(segment.bounds.events == 2000)
    }
}
