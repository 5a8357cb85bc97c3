import AuditModel
import Foundation
import TestSupport
import Testing

@testable import EventStore

/// A segment of the first format, as the program before wrote it of `model`, stays good for everything.
@Suite("Segments of the first format")
struct FirstFormatTests {
    private static let fixture = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/Segments/first-format.segment")

    private let model: SegmentModel
    private let disk: SimulatedDisk
    private let path: String

    init() throws {
        var generator = SeededGenerator(seed: 15)
        var shape = SegmentModel.Shape()
        shape.payloadBytesMax = 2
        shape.holes = 0.1
        model = SegmentModel.random(count: 1200, shape, using: &generator)
        disk = try SimulatedDisk.withSegments()
        path = "segments/" + SegmentName.of(model.first)
        _ = try disk.open(path, create: true)
        let bytes = [UInt8](try Data(contentsOf: Self.fixture))
        disk.overwrite(path) { $0 = bytes }
    }

    private func open() throws -> Segment {
        try Segment.open(path, SegmentResources(fileSystem: disk))
    }

    private func verify() -> SegmentReport {
        SegmentVerifier(SegmentResources(fileSystem: disk), terms: ModelEvent.extractor)
            .verify(path)
    }

    @Test("are read, searched and verified")
    func read() throws {
        let segment = try open()
        #expect(segment.file.header.format == .first)
        var generator = SeededGenerator(seed: 1)
        #expect(try model.eventDifference(to: segment) == nil)
        #expect(try model.difference(to: segment, using: &generator) == nil)
        let report = verify()
        #expect(report.isWhole, "\(report.findings)")
        #expect(report.events == model.live.count)
    }

    @Test("are written anew in the current format, and smaller")
    func rewrite() throws {
        let segment = try open()
        let before = segment.bounds
        try segment.retire()
        var writer = try SegmentWriter(
            replacing: segment, removals: [], in: "segments", SegmentResources(fileSystem: disk),
            salt: 0xF00D, terms: ModelEvent.extractor)
        try writer.append(segment.rows(), of: segment)
        let after = try writer.finish()
        #expect(after.file.header.format == .current)
        #expect(after.bounds.fileBytes < before.fileBytes)
        #expect(after.bounds.sequences == before.sequences)
        var generator = SeededGenerator(seed: 2)
        #expect(try model.eventDifference(to: after) == nil)
        #expect(try model.difference(to: after, using: &generator) == nil)
        #expect(verify().isWhole)
    }

    @Test("give their events to a repair that has nothing but their blocks")
    func salvage() throws {
        let segment = try open()
        let blocks = try segment.blockIndex()
        #expect(blocks.count > 4)
        // Neither the end, nor the indexes, nor one of the blocks.
        let lost = blocks[2]
        disk.overwrite(path) { bytes in
            bytes[lost.offset + 40] ^= 1
            bytes.removeLast(SegmentTail.bytes + 1)
        }
        var found: [Sequence: EventID] = [:]
        let salvage = SegmentSalvage(path: path, fileSystem: disk, first: model.first)
        let said = try salvage.read { event throws(StoreError) in found[event.sequence] = event.id }
        let expected = model.live.filter { !(lost.firstRow...lost.lastRow).contains($0.row) }
        #expect(said.events == expected.count && found.count == expected.count)
        for (row, event) in expected { #expect(found[model.first + Int(row)] == event.id) }
    }

    @Test("are found damaged by each flipped bit")
    func flips() throws {
        let size = try #require(disk.contents(path)?.count)
        for offset in stride(from: 0, to: size, by: 131) {
            disk.overwrite(path) { $0[offset] ^= 1 << UInt8(offset % 8) }
            #expect(!verify().isWhole, "byte \(offset)")
            disk.overwrite(path) { $0[offset] ^= 1 << UInt8(offset % 8) }
        }
        #expect(verify().isWhole)
    }
}
