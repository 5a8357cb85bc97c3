import AuditModel
import TestSupport

@testable import EventStore

/// What a repair reads of a log of which anything may be wrong: every event that it gives lies in a frame
/// whose checksums are right, once and in order, and a repaired folder serves them.
///
/// Input: which checksums to make right, a bit for each of the first eight sectors that is bad, and the
/// file.
@Sendable
func fuzzLogSalvage(_ bytes: UnsafeRawBufferPointer) throws {
    var input = FuzzInput(bytes)
    let checksums = LogChecksums(rawValue: input.byte())
    let badSectors = input.byte()
    let file = checksums.repaired(Array(input.rest))
    let named = file.count >= LogHeader.bytes ? file.littleEndian(at: 16) : 1
    let first = Sequence(named == 0 || named > 1 << 60 ? 1 : named)
    let path = "data/log/" + LogName.of(first)
    let folder = try SalvagedFolder()
    try folder.add(file, as: path, badSectors: badSectors)

    let frames = wholeFrames(SalvagedFolder.readable(file, badSectors: badSectors), path)
    var events: [ReadEvent] = []
    var isFramed = true
    let found: LogSalvage.Found
    do throws(StoreError) {
        found = try LogSalvage(path: path, fileSystem: folder.disk, first: first).read { batch in
            let read = (0..<batch.count).map { batch.withEvent(at: $0, ReadEvent.init) }
            isFramed = isFramed && frames.contains(read)
            events += read
        }
    } catch {
        // Another log under this name, or one of a later program.
        try promise(events.isEmpty, "events of a log that was refused: \(error)")
        return
    }
    try promise(isFramed, "an event that lies in no whole frame")
    try promise(events.count == found.events, "\(found.events) events, and \(events.count) came")
    var last = first.previous
    for event in events {
        try promise(event.sequence > last && event.sequence <= found.through, "out of order")
        try promise(!found.lost.contains { $0.contains(event.sequence) }, "read, and called lost")
        last = event.sequence
    }
    try folder.expectRepaired(events)
}

/// The events of each frame that is whole, wherever it lies.
private func wholeFrames(_ file: [UInt8], _ path: String) -> [[ReadEvent]] {
    file.withUnsafeBytes { bytes in
        guard bytes.count >= LogHeader.bytes,
            let header = try? HeaderMending.logHeader(
                UnsafeRawBufferPointer(rebasing: bytes[..<LogHeader.bytes]), path)
        else { return [] }
        let salt = header.header.salt
        return (LogHeader.bytes..<bytes.count).compactMap { offset in
            let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
            guard let frame = FrameHeader(rest, salt: salt), frame.length <= rest.count else {
                return nil
            }
            let whole = UnsafeRawBufferPointer(rebasing: rest[..<frame.length])
            guard frame.matchesBody(of: whole, salt: salt),
                let entries = FrameBody.entries(of: whole, header: frame)
            else { return nil }
            let copy = UnsafeMutableRawBufferPointer.allocate(
                byteCount: whole.count, alignment: 16)
            copy.copyMemory(from: whole)
            let batch = EventBatch(
                owning: copy, firstSequence: frame.firstSequence, recordedAt: frame.recordedAt,
                entries: entries)
            return (0..<batch.count).map { batch.withEvent(at: $0, ReadEvent.init) }
        }
    }
}
