import AuditModel

/// What is read of a block, column by column; see `EventBlockBuilder`.
struct EventBlockColumns {
    private let header: EventBlockHeader
    private(set) var entries: [EventBlock.Entry]
    /// Of the events; empty when there is no hole between them.
    private(set) var rows: [Row] = []
    private var shapes: [PayloadShape] = []

    init(_ header: EventBlockHeader) {
        self.header = header
        entries = [EventBlock.Entry](repeating: EventBlock.Entry(), count: header.count)
    }

    /// The organizations and payloads of the events, which the entries then point into; nil unless all is
    /// as it was written.
    mutating func readPacked(
        _ plain: UnsafeRawBufferPointer, _ body: UnsafeRawBufferPointer, _ firstSequence: Sequence
    ) -> UnsafeMutableRawBufferPointer? {
        var before = ByteReader(plain)
        guard let times = OccurredColumn.read(&before, count: header.count) else { return nil }
        for index in entries.indices {
            entries[index].occurredAt = Timestamp(nanosecondsSinceEpoch: times[index])
        }
        IdentifierColumn.read(&before, times: times) { entries[$0].id = $1 }
        let apart = before.slice(plain.count - before.offset)

        var reader = ByteReader(body)
        let textBytes = reader.count()
        guard readRows(&reader) else { return nil }
        for index in entries.indices { entries[index].payloadBytes = length(&reader) }
        for index in entries.indices { entries[index].organizationBytes = length(&reader) }
        readRecordedAt(&reader)
        var shapeReader = PayloadShapeReader()
        shapes.reserveCapacity(header.count)
        for _ in entries { shapes.append(shapeReader.read(&reader)) }
        guard before.isDone, reader.isValid, textBytes <= Limits.eventBlockRawBytesMax else {
            return nil
        }
        let text = OwnedBytes(count: textBytes)
        let packed = UnsafeRawBufferPointer(rebasing: body[reader.offset...])
        guard HexText.restore(packed, apart: apart, to: text.buffer) else { return nil }
        return restore(text.bytes, firstSequence)
    }

    // MARK: Columns

    private mutating func readRows(_ reader: inout ByteReader) -> Bool {
        rows = [header.firstRow]
        rows.reserveCapacity(header.count)
        var row = UInt64(header.firstRow)
        for _ in 1..<header.count {
            row += reader.varint() & UInt64(Row.max)
            row += 1
            guard row <= UInt64(header.lastRow) else { return false }
            rows.append(Row(row))
        }
        guard reader.isValid, row == UInt64(header.lastRow) else { return false }
        return true
    }

    private func length(_ reader: inout ByteReader) -> Int32 {
        let length = reader.count()
        guard length <= Limits.eventBlockRawBytesMax else {
            reader.invalidate()
            return 0
        }
        return Int32(length)
    }

    private mutating func readRecordedAt(_ reader: inout ByteReader) {
        var recordedAt: Int64 = 0
        for index in entries.indices {
            recordedAt = recordedAt &+ reader.zigzag()
            entries[index].recordedAt = Timestamp(nanosecondsSinceEpoch: recordedAt)
        }
    }

    // MARK: Text

    /// The organizations and payloads, with what their shapes leave out back in its places.
    private mutating func restore(
        _ text: UnsafeRawBufferPointer, _ firstSequence: Sequence
    ) -> UnsafeMutableRawBufferPointer? {
        let bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: text.count + entries.count * KnownTexts.bytesMax, alignment: 16)
        var restored = RestoredText(text, to: bytes)
        var known = KnownTexts()
        var isWhole = true
        for index in entries.indices {
            let entry = entries[index]
            let shape = shapes[index]
            let payloadBytes = Int(entry.payloadBytes)
            known.set(
                id: entry.id, sequence: firstSequence + Int(rows[index]),
                recordedAt: entry.recordedAt, occurredAt: entry.occurredAt)
            entries[index].organization = Int32(restored.end)
            if shape.organization == 0 {
                restored.appendText(Int(entry.organizationBytes))
            } else {
                let place = Int(shape.organization) - 1
                isWhole = isWhole && place + Int(entry.organizationBytes) <= payloadBytes
                entries[index].organization &+= Int32(truncatingIfNeeded: place)
            }
            entries[index].payload = Int32(restored.end)
            let rest = shape.visit(known, payloadBytes: payloadBytes) { gap, known in
                restored.appendText(gap)
                restored.append(known)
            }
            guard isWhole, restored.isValid, let rest else {
                isWhole = false
                break
            }
            restored.appendText(rest)
        }
        guard isWhole, restored.isDone else {
            bytes.deallocate()
            return nil
        }
        if header.count - 1 == Int(header.lastRow - header.firstRow) { rows = [] }
        return bytes
    }
}

extension EventBlockColumns {
    /// Likewise in the first format: the body has, behind the rows and lengths, columns of places of
    /// organization and id, then of the times; the text is as it is.
    mutating func readFirst(
        _ plain: UnsafeRawBufferPointer, _ body: UnsafeRawBufferPointer, _ firstSequence: Sequence
    ) -> UnsafeMutableRawBufferPointer? {
        var ids = ByteReader(plain)
        IdentifierColumn.readMasked(&ids, count: header.count) { entries[$0].id = $1 }

        var reader = ByteReader(body)
        let code = Int(reader.integer(UInt8.self))
        guard code < OccurredColumn.units.count, readRows(&reader) else { return nil }
        for index in entries.indices { entries[index].payloadBytes = length(&reader) }
        for index in entries.indices { entries[index].organizationBytes = length(&reader) }
        shapes = entries.map { _ in PayloadShape(organization: UInt32(reader.count())) }
        for index in entries.indices { shapes[index].id = UInt32(reader.count()) }
        readRecordedAt(&reader)
        let unit = OccurredColumn.units[code]
        for index in entries.indices {
            let units =
                entries[index].recordedAt.nanosecondsSinceEpoch / unit &+ reader.zigzag()
            entries[index].occurredAt = Timestamp(nanosecondsSinceEpoch: units &* unit)
        }
        guard ids.isDone, reader.isValid else { return nil }
        return restore(UnsafeRawBufferPointer(rebasing: body[reader.offset...]), firstSequence)
    }
}

/// Puts texts together, those of a block and those that it leaves out.
private struct RestoredText {
    private var reader: ByteReader
    /// Has room for all that is appended.
    private let bytes: UnsafeMutableRawBufferPointer
    private(set) var end = 0

    init(_ text: UnsafeRawBufferPointer, to bytes: UnsafeMutableRawBufferPointer) {
        reader = ByteReader(text)
        self.bytes = bytes
    }

    /// Nothing was read past the end of the block's text.
    var isValid: Bool { reader.isValid }
    /// Likewise, and all of it was read.
    var isDone: Bool { reader.isDone }

    /// The next of the block's text.
    @inline(__always)
    mutating func appendText(_ count: Int) { append(reader.slice(count)) }

    @inline(__always)
    mutating func append(_ text: UnsafeRawBufferPointer) {
        guard let source = text.baseAddress else { return }
        (bytes.baseAddress! + end).copyMemory(from: source, byteCount: text.count)
        end += text.count
    }
}
