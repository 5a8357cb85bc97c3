import AuditModel
import TestSupport
import Testing

@testable import EventStore

@Suite("Filters of segments")
struct FilterTests {
    @Test("a filter knows what was added, and hardly anything else", arguments: [12, 16])
    func hashFilter(bitsPerValue: Int) {
        var generator = SeededGenerator(seed: 1)
        let values = (0..<20_000).map { _ in generator.next() }
        let filter = FlatArray<UInt8>(
            repeating: 0, count: HashFilter.bytes(for: values.count, bitsPerValue: bitsPerValue))
        for value in values {
            HashFilter.insert(value, to: UnsafeMutableRawBufferPointer(filter.elements))
        }
        #expect(values.allSatisfy { HashFilter.mayContain($0, filter.bytes) })
        let others = (0..<100_000).filter { _ in
            HashFilter.mayContain(generator.next(), filter.bytes)
        }
        #expect(others.count < (bitsPerValue == 12 ? 1_000 : 300))
    }

    @Test("ids are spread over all pages of their table")
    func pages() {
        var generator = SeededGenerator(seed: 2)
        var counts = [Int](repeating: 0, count: 40)
        for _ in 0..<40 * Limits.identifiersPerPage {
            counts[IdentifierTable.page(of: generator.next(), pages: counts.count)] += 1
        }
        #expect(counts.allSatisfy { $0 > Limits.identifiersPerPage / 2 })
        #expect(counts.allSatisfy { $0 < Limits.identifiersPerPage * 2 })
    }

    @Test("a probe excludes what no event has, and nothing that one has")
    func probe() throws {
        var generator = SeededGenerator(seed: 3)
        let model = SegmentModel.random(count: 300, using: &generator)
        let segment = try model.write(to: SimulatedDisk.withSegments())
        for organization in model.organizations {
            #expect(segment.mayMatch(SearchProbe(organization: organization, fields: [])))
            for field: UInt8 in [1, 2, 3, 4, 31] {
                var terms: [EventTerm] = []
                try segment.visitValues(of: organization, field: field, among: nil) { found in
                    let qualifier = found.qualifier.isEmpty ? nil : Array(found.qualifier)
                    terms.append(
                        EventTerm(field: field, value: Array(found.value), qualifier: qualifier))
                    return true
                }
                for term in terms {
                    let absent = EventTerm(field: field, value: Array("no such value".utf8))
                    let probe = SearchProbe(
                        organization: organization, fields: [[absent, term], terms])
                    #expect(segment.mayMatch(probe))
                }
            }
        }
        let absent = (0..<1_000).filter { number in
            segment.mayMatch(
                SearchProbe(
                    organization: model.organizations[0],
                    fields: [[EventTerm(field: 1, value: Array("no such \(number)".utf8))]]))
        }
        #expect(absent.count < 20)
        #expect(!segment.mayMatch(SearchProbe(organization: Array("nobody".utf8), fields: [])))
    }

    @Test("filters for which there is no room in memory are in the cache, and give their room back")
    func room() throws {
        let resources = SegmentResources(fileSystem: SimulatedDisk())
        #expect(resources.takeTermFilterBytes(Limits.termFilterBytesMax))
        #expect(!resources.takeTermFilterBytes(1))
        resources.giveBackTermFilterBytes(Limits.termFilterBytesMax)

        var generator = SeededGenerator(seed: 4)
        let model = SegmentModel.random(count: 100, using: &generator)
        let disk = try SimulatedDisk.withSegments()
        let own = SegmentResources(fileSystem: disk)
        let probe = SearchProbe(organization: model.organizations[0], fields: [])
        do {
            let segment = try model.write(to: disk, own)
            #expect(segment.mayMatch(probe))
            #expect(segment.residentTermFilter.bytes != nil)
            #expect(!own.takeTermFilterBytes(Limits.termFilterBytesMax))
        }
        #expect(own.takeTermFilterBytes(Limits.termFilterBytesMax))
        let segment = try Segment.open("segments/" + SegmentName.of(model.first), own)
        #expect(segment.mayMatch(probe))
        #expect(segment.residentTermFilter.bytes == nil)
    }

    @Test("a segment without a filter of terms, as earlier programs wrote them, is read as any")
    func earlier() throws {
        var generator = SeededGenerator(seed: 5)
        let model = SegmentModel.random(count: 300, using: &generator)
        let disk = try SimulatedDisk.withSegments()
        let written = try model.write(to: disk)
        let size = written.bounds.fileBytes
        disk.overwrite(written.path) { $0 = withoutTermFilter($0, written) }
        let segment = try Segment.open(written.path, SegmentResources(fileSystem: disk))
        #expect(segment.bounds.fileBytes < size)
        #expect(try segment.readTermFilter() == nil)
        #expect(segment.mayMatch(SearchProbe(organization: Array("nobody".utf8), fields: [])))
        #expect(try model.difference(to: segment, using: &generator) == nil)
        #expect(try model.eventDifference(to: segment) == nil)
        let report = SegmentVerifier(
            SegmentResources(fileSystem: disk), terms: ModelEvent.extractor
        ).verify(written.path)
        #expect(report.isWhole, "\(report.findings)")
    }

    /// The file as it was before there were filters of terms. All of its ids fit one page, which is
    /// where they all were then.
    private func withoutTermFilter(_ bytes: [UInt8], _ segment: Segment) -> [UInt8] {
        let salt = segment.file.header.salt
        let end = segment.footer[.termFilter].lowerBound
        let footer = Array(bytes[segment.footer[.termFilter].upperBound...].prefix(56 + 14 * 16))
        var earlier = Array(bytes[..<end]) + footer
        func append(checksumOf piece: [UInt8], at offset: Int) {
            let checksum = piece.withUnsafeBytes { Piece.checksum($0, at: offset, salt: salt) }
            withUnsafeBytes(of: checksum.littleEndian) { earlier += $0 }
        }
        append(checksumOf: footer, at: end)
        let place = earlier.count
        for value in [UInt64(end), UInt64(place + SegmentTail.bytes)] {
            withUnsafeBytes(of: value.littleEndian) { earlier += $0 }
        }
        append(checksumOf: Array(earlier[place...]), at: place)
        withUnsafeBytes(of: SegmentTail.magic.littleEndian) { earlier += $0 }
        return earlier
    }
}
