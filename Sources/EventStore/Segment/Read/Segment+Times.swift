package import AuditModel

extension Segment {
    /// Those of `rows` that happened in the range: by row, whatever the order of arrival.
    package func rows(
        _ rows: RowSet, occurredIn range: OccurredRange
    ) throws(StoreError) -> RowSet {
        let chunks = try occurredChunks()
        let live = footer.events == rowEnd ? nil : try self.rows()
        if rows.count <= chunks.count { return try few(rows, range) }
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

    /// The same for few rows: each is looked at in its chunk.
    private func few(_ rows: RowSet, _ range: OccurredRange) throws(StoreError) -> RowSet {
        var found: [Row] = []
        try visitTimes(of: rows) { part throws(StoreError) in
            guard range.overlaps(part.chunk) else { return }
            if range.contains(part.chunk.least), range.contains(part.chunk.greatest) {
                found += part.rows
                return
            }
            let times = try times(of: part)
            for row in part.rows.indices {
                let time = Timestamp(nanosecondsSinceEpoch: times[part.place(of: row)])
                if range.contains(time) { found.append(part.rows[row]) }
            }
        }
        return RowSet(found)
    }

    package func leastOccurred(of rows: RowSet) throws(StoreError) -> Timestamp? {
        if rows.count == bounds.events { return bounds.occurredAt?.lowerBound }
        var least: Timestamp?
        try visitTimes(of: rows) { part throws(StoreError) in
            if let least, least <= part.chunk.least { return }
            let times = try times(of: part)
            for row in part.rows.indices {
                let time = Timestamp(nanosecondsSinceEpoch: times[part.place(of: row)])
                least = min(least ?? time, time)
            }
        }
        return least
    }

    /// Reads no times of chunks, and of a segment, that lie in one bucket.
    package func buckets(
        of rows: RowSet, in grid: BucketGrid
    ) throws(StoreError) -> RowBuckets {
        if let times = bounds.occurredAt, let bucket = grid.bucket(of: times) {
            return RowBuckets(rows.count, in: bucket, of: grid)
        }
        return try RowBuckets(below: rowEnd, of: grid) { numbers throws(StoreError) in
            var finder = BucketFinder(grid)
            try visitTimes(of: rows) { part throws(StoreError) in
                if let bucket = grid.bucket(of: part.chunk.least...part.chunk.greatest) {
                    for row in part.rows { numbers[Int(row)] = UInt16(bucket) }
                    return
                }
                let times = try times(of: part)
                for row in part.rows.indices {
                    numbers[Int(part.rows[row])] = finder.find(times[part.place(of: row)])
                }
            }
        }
    }

    /// Visits the rows that are there, in ascending order, with the chunk of times that each is in.
    private func visitTimes(
        of rows: RowSet, _ body: (RowsOfChunk) throws(StoreError) -> Void
    ) throws(StoreError) {
        let chunks = try occurredChunks()
        let (rows, events) = try eventNumbers(of: rows)
        var start = 0
        while start < rows.count {
            let number = Int(events[start]) / Limits.occurredChunkValues
            let behind = Row((number + 1) * Limits.occurredChunkValues)
            let end = events[start...].partitionIndex { $0 >= behind }
            try body(
                RowsOfChunk(
                    rows: rows[start..<end], events: events[start..<end], number: number,
                    chunk: chunks[number]))
            start = end
        }
    }

    /// The rows that are there, and which event each is: the times are of these, without the holes between
    /// them.
    private func eventNumbers(
        of rows: RowSet
    ) throws(StoreError) -> (rows: [Row], events: [Row]) {
        guard footer.events != rowEnd else {
            let all = rows.rows
            return (all, all)
        }
        let live = try self.rows()
        let rows = rows.intersection(live).rows
        guard let first = rows.first else { return ([], []) }
        var event = Row(live.count(below: first))
        var events: [Row] = []
        events.reserveCapacity(rows.count)
        var walk = live.walk(from: first)
        for row in rows {
            while let other = walk.next(), other < row { event += 1 }
            events.append(event)
            event += 1
        }
        return (rows, events)
    }

    private func times(of part: RowsOfChunk) throws(StoreError) -> [Int64] {
        let count = min(Limits.occurredChunkValues, footer.events - part.firstEvent)
        return try times(part.number, part.chunk.piece, count: count)
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

/// The rows of a set whose times are in one chunk.
private struct RowsOfChunk {
    var rows: ArraySlice<Row>
    /// Which event each of the rows is.
    var events: ArraySlice<Row>
    /// Of the chunk.
    var number: Int
    var chunk: OccurredColumn.Chunk

    var firstEvent: Int { number * Limits.occurredChunkValues }

    /// Of a row's time in its chunk.
    func place(of index: Int) -> Int { Int(events[index]) - firstEvent }
}

extension OccurredRange {
    fileprivate func overlaps(_ chunk: OccurredColumn.Chunk) -> Bool {
        if let since, chunk.greatest < since { return false }
        if let until, chunk.least >= until { return false }
        return true
    }
}
