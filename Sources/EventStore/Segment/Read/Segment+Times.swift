import AuditModel

extension Segment {
    /// Those of `rows` that happened in the range: by row, whatever the order of arrival.
    package func rows(
        _ rows: RowSet, occurredIn range: OccurredRange
    ) throws(StoreError) -> RowSet {
        let chunks = try occurredChunks()
        let live = footer.events == rowEnd ? nil : try self.rows()
        if live == nil, rows.count <= chunks.count { return try few(rows, range, chunks) }
        var parts: [RowSet] = []
        var tested: [Row] = []
        for (number, chunk) in chunks.enumerated() where range.overlaps(chunk) {
            let first = number * Limits.occurredChunkValues
            let count = min(Limits.occurredChunkValues, footer.events - first)
            let inChunk = rows.intersection(Segment.rowRange(first, count, live))
            guard !inChunk.isEmpty else { continue }
            if range.contains(chunk.least), range.contains(chunk.greatest) {
                parts.append(inChunk)
                continue
            }
            let times = try times(number, chunk.piece, count: count)
            var index = live.map { $0.count(below: inChunk.first!) - first }
            var walk = inChunk.walk()
            var liveWalk = live?.walk(from: inChunk.first!)
            while let row = walk.next() {
                // The times are of the events that are there, without the holes between them.
                while let other = liveWalk?.next(), other < row { index! += 1 }
                let time = times[index ?? Int(row) - first]
                if range.contains(Timestamp(nanosecondsSinceEpoch: time)) { tested.append(row) }
                index? += 1
            }
        }
        parts.append(RowSet(tested))
        return RowSet.union(of: parts)
    }

    /// The same for few rows without holes between the events: each is looked at in its chunk.
    private func few(
        _ rows: RowSet, _ range: OccurredRange, _ chunks: [OccurredColumn.Chunk]
    ) throws(StoreError) -> RowSet {
        var found: [Row] = []
        var read: (number: Int, times: [Int64])?
        for row in rows.rows {
            let number = Int(row) / Limits.occurredChunkValues
            let chunk = chunks[number]
            guard range.overlaps(chunk) else { continue }
            if range.contains(chunk.least), range.contains(chunk.greatest) {
                found.append(row)
                continue
            }
            let first = number * Limits.occurredChunkValues
            var times = read?.times ?? []
            if read?.number != number {
                let count = min(Limits.occurredChunkValues, footer.events - first)
                times = try self.times(number, chunk.piece, count: count)
                read = (number, times)
            }
            let time = Timestamp(nanosecondsSinceEpoch: times[Int(row) - first])
            if range.contains(time) { found.append(row) }
        }
        return RowSet(found)
    }

    /// The rows from one event to another, which are `count` events.
    private static func rowRange(_ first: Int, _ count: Int, _ live: RowSet?) -> Range<Row> {
        guard let live else { return Row(first)..<Row(first + count) }
        guard let start = live.row(at: first), let last = live.row(at: first + count - 1) else {
            return 0..<0
        }
        return start..<last + 1
    }

    func occurredChunks() throws(StoreError) -> [OccurredColumn.Chunk] {
        try cached(.occurredIndex) { () throws(StoreError) in
            let chunks = try read(.occurredIndex) { bytes in
                OccurredColumn.readIndex(bytes, part: footer[.occurred], events: footer.events)
            }
            return Cached(
                chunks, residentBytes: chunks.count * MemoryLayout<OccurredColumn.Chunk>.stride)
        }.value
    }

    func times(_ number: Int, _ piece: Piece, count: Int) throws(StoreError) -> [Int64] {
        try cached(.occurredChunk, UInt64(number)) { () throws(StoreError) in
            let bytes = try file.read(piece, of: .occurred)
            guard let times = OccurredColumn.read(bytes.bytes, count: count) else {
                throw file.damaged("do not add up", piece, .occurred)
            }
            return Cached(times, residentBytes: times.count * MemoryLayout<Int64>.stride)
        }.value
    }
}

extension OccurredRange {
    fileprivate func overlaps(_ chunk: OccurredColumn.Chunk) -> Bool {
        if let since, chunk.greatest < since { return false }
        if let until, chunk.least >= until { return false }
        return true
    }
}
