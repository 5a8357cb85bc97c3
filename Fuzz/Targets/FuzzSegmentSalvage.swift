import AuditModel
import TestSupport

@testable import EventStore

/// What a repair reads of a segment of which anything may be wrong: every event that it gives lies in a
/// block whose checksum is right, once and in order, and a repaired folder serves them.
///
/// Input: which checksums to make right, a bit for each of the first eight sectors that is bad, and the
/// file.
@Sendable
func fuzzSegmentSalvage(_ bytes: UnsafeRawBufferPointer) throws {
    var input = FuzzInput(bytes)
    let checksums = SegmentChecksums(rawValue: input.byte())
    let badSectors = input.byte()
    let file = checksums.repaired(Array(input.rest))
    let readable = SalvagedFolder.readable(file, badSectors: badSectors)
    let header = try? readable.withUnsafeBytes { bytes in
        try HeaderMending.segmentHeader(
            UnsafeRawBufferPointer(rebasing: bytes.prefix(SegmentHeader.bytes)), "")
    }?.header
    let sequences =
        header?.sequences ?? SequenceRange(first: Sequence(1), last: Sequence(9))
    guard sequences.last < Sequence(1 << 60) else { return }
    let first = sequences.first
    let path = "data/segments/" + SegmentName.of(first)
    let folder = try SalvagedFolder()
    try folder.add(file, as: path, badSectors: badSectors)

    let blocks = header.map { wholeBlocks(readable, salt: $0.salt) } ?? []
    var events: [ReadEvent] = []
    var isInBlock = true
    let found: SegmentSalvage.Found
    do throws(StoreError) {
        found = try SegmentSalvage(path: path, fileSystem: folder.disk, first: first).read {
            let event = ReadEvent($0)
            let row = event.sequence.rawValue - first.rawValue
            isInBlock = isInBlock && blocks.contains { $0.contains(row) }
            events.append(event)
        }
    } catch {
        try promise(events.isEmpty, "events of a segment that was refused: \(error)")
        return
    }
    try promise(isInBlock, "an event that lies in no whole block")
    try promise(events.count == found.events, "\(found.events) events, and \(events.count) came")
    var last = first.previous
    for event in events {
        try promise(event.sequence > last && event.sequence <= found.through, "out of order")
        try promise(!found.lost.contains { $0.contains(event.sequence) }, "read, and called lost")
        last = event.sequence
    }
    // The newest log, without which sequences would be given twice.
    let floor = events.map(\.recordedAt).max() ?? .epoch
    try folder.add(
        emptyLog(behind: sequences.last, floor: floor),
        as: "data/log/" + LogName.of(sequences.last.next))
    try folder.expectRepaired(events)
}

/// The rows of each block that is whole, wherever it lies.
private func wholeBlocks(_ file: [UInt8], salt: UInt64) -> [ClosedRange<UInt64>] {
    (0..<file.count).compactMap { offset in
        guard let (header, piece) = SegmentChecksums.block(of: file, at: offset),
            file.littleEndian(at: offset + piece.length)
                == SegmentChecksums.checksum(of: piece, in: file, salt: salt)
        else { return nil }
        return UInt64(header.firstRow)...UInt64(header.lastRow)
    }
}

private func emptyLog(behind last: Sequence, floor: Timestamp) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: LogHeader.bytes)
    bytes.withUnsafeMutableBytes {
        LogHeader(firstSequence: last.next, recordedAtFloor: floor, salt: 0x3131).write(to: $0)
    }
    return bytes
}

/// Which checksums of a segment are made right.
private struct SegmentChecksums: OptionSet {
    let rawValue: UInt8
    static let header = SegmentChecksums(rawValue: 1)
    static let blocks = SegmentChecksums(rawValue: 2)
    /// And of what the footer says where it is and a repair reads.
    static let footer = SegmentChecksums(rawValue: 4)

    func repaired(_ file: [UInt8]) -> [UInt8] {
        var file = file
        guard file.count >= SegmentHeader.bytes else { return file }
        if contains(.header) { file.store(headerChecksum(of: file), at: 56) }
        let salt = file.littleEndian(at: 32)
        if contains(.blocks) {
            var offset = SegmentHeader.bytes
            while offset < file.count {
                guard let (_, piece) = Self.block(of: file, at: offset) else {
                    offset += 1
                    continue
                }
                Self.repair(piece, of: &file, salt: salt)
                offset = piece.end
            }
        }
        if contains(.footer) { Self.repairFooter(of: &file, salt: salt) }
        return file
    }

    private static func repairFooter(of file: inout [UInt8], salt: UInt64) {
        for size in SegmentFooter.sizes {
            let place = Piece(
                offset: file.count - SegmentTail.bytes - Piece.checksumBytes - size, length: size)
            guard place.offset >= SegmentHeader.bytes else { continue }
            let footer = file[place.offset..<place.offset + size].withUnsafeBytes {
                SegmentFooter($0, end: place.offset)
            }
            guard let footer else { continue }
            repair(place, of: &file, salt: salt)
            for part in [SegmentPart.dictionary, .liveRows, .dictionaryCopy] {
                if let piece = footer.piece(part) { repair(piece, of: &file, salt: salt) }
            }
            return
        }
    }

    private static func repair(_ piece: Piece, of file: inout [UInt8], salt: UInt64) {
        file.store(checksum(of: piece, in: file, salt: salt), at: piece.offset + piece.length)
    }

    static func checksum(of piece: Piece, in file: [UInt8], salt: UInt64) -> UInt64 {
        file[piece.offset..<piece.offset + piece.length].withUnsafeBytes {
            Piece.checksum($0, at: piece.offset, salt: salt)
        }
    }

    /// What its own header says of a block there; nil when that is none, or the file ends before.
    static func block(
        of file: [UInt8], at offset: Int
    ) -> (header: EventBlockHeader, piece: Piece)? {
        guard file[offset] == 0x41 else { return nil }
        return file[offset...].withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            guard let header = EventBlockHeader(&reader) else { return nil }
            let piece = Piece(offset: offset, length: header.blockBytes)
            return piece.end <= file.count ? (header, piece) : nil
        }
    }
}
