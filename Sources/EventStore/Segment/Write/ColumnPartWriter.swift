import AuditModel

/// Writes what a segment knows of each row: its time and its id.
struct ColumnPartWriter {
    let index: IndexBuilder

    /// Writes the times and their index.
    func writeTimes(
        to output: inout SegmentOutput, _ footer: inout SegmentFooter
    ) throws(StoreError) {
        var start = output.offset
        var chunks = FlatArray<(least: Int64, greatest: Int64, length: Int)>()
        var bytes = FlatArray<UInt8>()
        let times = index.occurred.elements
        for first in stride(from: 0, to: times.count, by: Limits.occurredChunkValues) {
            let end = min(first + Limits.occurredChunkValues, times.count)
            let chunk = UnsafeMutableBufferPointer(rebasing: times[first..<end])
            bytes.removeAll()
            OccurredColumn.write(chunk, to: &bytes)
            let piece = try output.append(bytes.bytes)
            chunks.append((chunk.min()!, chunk.max()!, piece.length))
        }
        footer[.occurred] = start..<output.offset
        if !chunks.isEmpty {
            footer.leastOccurredAt = Timestamp(
                nanosecondsSinceEpoch: chunks.elements.lazy.map(\.least).min()!)
            footer.greatestOccurredAt = Timestamp(
                nanosecondsSinceEpoch: chunks.elements.lazy.map(\.greatest).max()!)
        }
        start = output.offset
        bytes.removeAll()
        OccurredColumn.writeIndex(chunks, to: &bytes)
        try output.append(bytes.bytes)
        footer[.occurredIndex] = start..<output.offset
    }

    /// Writes the id table, its index and its filter.
    ///
    /// - Parameter hashes: by the number of an event.
    func writeIdentifiers(
        _ hashes: borrowing FlatArray<UInt64>, to output: inout SegmentOutput,
        _ footer: inout SegmentFooter
    ) throws(StoreError) {
        var start = output.offset
        let pages = IdentifierTable.pages(for: hashes.count)
        var ends: [UInt32] = []
        let events = eventsByPage(hashes, pages: pages, &ends)
        var bytes = FlatArray<UInt8>()
        var lengths = FlatArray<Int>()
        var first = 0
        for page in 0..<pages {
            let end = Int(ends[page])
            bytes.removeAll()
            IdentifierTable.writePage(
                UnsafeMutableBufferPointer(rebasing: events.elements[first..<end]),
                hashes: hashes, rows: index.rows, to: &bytes)
            lengths.append(try output.append(bytes.bytes).length)
            first = end
        }
        footer[.identifiers] = start..<output.offset

        start = output.offset
        bytes.removeAll()
        IdentifierTable.writeIndex(lengths, to: &bytes)
        try output.append(bytes.bytes)
        footer[.identifierIndex] = start..<output.offset

        start = output.offset
        let filter = FlatArray<UInt8>(
            repeating: 0,
            count: HashFilter.bytes(
                for: hashes.count, bitsPerValue: Limits.filterBitsPerIdentifier))
        for hash in hashes.elements {
            HashFilter.insert(hash, to: UnsafeMutableRawBufferPointer(filter.elements))
        }
        try output.append(filter.bytes)
        footer[.identifierFilter] = start..<output.offset
    }

    /// The numbers of the events, those of a page together and ascending; `ends` are those of the pages.
    private func eventsByPage(
        _ hashes: borrowing FlatArray<UInt64>, pages: Int, _ ends: inout [UInt32]
    ) -> FlatArray<UInt32> {
        // A counting sort: after it was filled, the place of each page's next event is its end.
        var next = [UInt32](repeating: 0, count: pages + 1)
        for hash in hashes.elements { next[IdentifierTable.page(of: hash, pages: pages) + 1] += 1 }
        for page in 0..<pages { next[page + 1] += next[page] }
        var events = FlatArray<UInt32>(repeating: 0, count: hashes.count)
        for event in 0..<hashes.count {
            let page = IdentifierTable.page(of: hashes[event], pages: pages)
            events[Int(next[page])] = UInt32(event)
            next[page] += 1
        }
        ends = next
        return events
    }

    /// Writes the rows that are there.
    func writeLiveRows(
        to output: inout SegmentOutput, _ footer: inout SegmentFooter
    ) throws(StoreError) {
        let start = output.offset
        var list = FlatArray<UInt8>()
        let form = PostingList.append(index.rows.elements, to: &list)
        var bytes = FlatArray<UInt8>()
        bytes.append(UInt8(form.rawValue))
        bytes.append(list.bytes)
        try output.append(bytes.bytes)
        footer[.liveRows] = start..<output.offset
    }
}
