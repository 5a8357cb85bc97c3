import AuditModel

/// Makes an `EventBlock` of the bytes that `RawEventBlock` writes.
struct EventBlockDecoder {
    let firstSequence: Sequence
    let dictionary: CompressionDictionary?

    /// Nil when the bytes are not a block.
    func decode(
        _ piece: UnsafeRawBufferPointer, _ decompressor: inout Decompressor
    ) -> EventBlock? {
        var reader = ByteReader(piece)
        guard let header = EventBlockHeader(&reader) else { return nil }
        var entries = [EventBlock.Entry](repeating: EventBlock.Entry(), count: header.count)
        IdentifierColumn.read(&reader, count: header.count) { entries[$0].id = $1 }
        let compressed = reader.slice(header.bodyBytes)
        guard reader.isDone else { return nil }
        let body = OwnedBytes(count: header.rawBytes)
        guard decompressor.decompress(compressed, dictionary, to: body.buffer) else { return nil }
        return readColumns(header, body, &entries)
    }

    private func readColumns(
        _ header: EventBlockHeader, _ body: borrowing OwnedBytes,
        _ entries: inout [EventBlock.Entry]
    ) -> EventBlock? {
        var reader = ByteReader(body.bytes)
        let code = Int(reader.integer(UInt8.self))
        guard code < OccurredColumn.units.count,
            let rows = readRows(header, &reader)
        else { return nil }
        for index in entries.indices { entries[index].payloadBytes = length(&reader) }
        for index in entries.indices { entries[index].organizationBytes = length(&reader) }
        // Until the text is read, the places in the payload.
        for index in entries.indices { entries[index].organization = length(&reader) }
        for index in entries.indices { entries[index].payload = length(&reader) }
        readTimes(OccurredColumn.units[code], &reader, &entries)
        guard reader.isValid else { return nil }
        let text = UnsafeRawBufferPointer(rebasing: body.bytes[reader.offset...])
        guard let bytes = EventBlockDecoder.restore(text, &entries) else { return nil }
        return EventBlock(
            owning: bytes, entries: entries, firstSequence: firstSequence,
            rows: header.firstRow..<header.lastRow + 1, eventRows: rows)
    }

    /// Empty when there is no hole between them.
    private func readRows(_ header: EventBlockHeader, _ reader: inout ByteReader) -> [Row]? {
        var rows = [header.firstRow]
        rows.reserveCapacity(header.count)
        var row = UInt64(header.firstRow)
        for _ in 1..<header.count {
            row += reader.varint() & UInt64(Row.max)
            row += 1
            guard row <= UInt64(header.lastRow) else { return nil }
            rows.append(Row(row))
        }
        guard reader.isValid, row == UInt64(header.lastRow) else { return nil }
        return header.count - 1 == Int(header.lastRow - header.firstRow) ? [] : rows
    }

    private func length(_ reader: inout ByteReader) -> Int32 {
        let length = reader.count()
        guard length <= Limits.eventBlockRawBytesMax else {
            reader.invalidate()
            return 0
        }
        return Int32(length)
    }

    private func readTimes(
        _ unit: Int64, _ reader: inout ByteReader, _ entries: inout [EventBlock.Entry]
    ) {
        var recordedAt: Int64 = 0
        for index in entries.indices {
            recordedAt = recordedAt &+ reader.zigzag()
            entries[index].recordedAt = Timestamp(nanosecondsSinceEpoch: recordedAt)
        }
        for index in entries.indices {
            let recordedAt = entries[index].recordedAt.nanosecondsSinceEpoch
            let units = recordedAt / unit &+ reader.zigzag()
            entries[index].occurredAt = Timestamp(nanosecondsSinceEpoch: units &* unit)
        }
    }

    /// The organizations and payloads with the ids' texts back in their places.
    private static func restore(
        _ text: UnsafeRawBufferPointer, _ entries: inout [EventBlock.Entry]
    ) -> UnsafeMutableRawBufferPointer? {
        // Each event adds at most the text of its id.
        let bytesMax = text.count + entries.count * EventID.textBytes
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: bytesMax, alignment: 16)
        var reader = ByteReader(text)
        var end = 0
        func copy(_ count: Int) {
            let slice = reader.slice(count)
            guard let source = slice.baseAddress else { return }
            (bytes.baseAddress! + end).copyMemory(from: source, byteCount: slice.count)
            end += slice.count
        }
        var isWhole = true
        for index in entries.indices {
            let entry = entries[index]
            let organizationPlace = Int(entry.organization)
            let idPlace = Int(entry.payload)
            let payloadBytes = Int(entry.payloadBytes)
            let organizationBytes = Int(entry.organizationBytes)
            if organizationPlace == 0 {
                entries[index].organization = Int32(end)
                copy(organizationBytes)
            } else {
                isWhole = isWhole && organizationPlace - 1 + organizationBytes <= payloadBytes
                entries[index].organization = Int32(end + organizationPlace - 1)
            }
            entries[index].payload = Int32(end)
            if idPlace == 0 {
                copy(payloadBytes)
            } else {
                isWhole = isWhole && idPlace - 1 + EventID.textBytes <= payloadBytes
                guard isWhole else { break }
                copy(idPlace - 1)
                entry.id.writeText(
                    to: UnsafeMutableRawBufferPointer(
                        rebasing: bytes[end..<end + EventID.textBytes]))
                end += EventID.textBytes
                copy(payloadBytes - (idPlace - 1) - EventID.textBytes)
            }
        }
        guard isWhole, reader.isDone else {
            bytes.deallocate()
            return nil
        }
        return bytes
    }
}
