package import AuditModel

/// Writes a `QueryResponse` around stored payloads, which are copied as they are.
package struct QueryResponseWriter {
    private var writer = ByteWriter()
    /// Events so far.
    package private(set) var count = 0
    private let eventsMax: Int

    /// A page that has more is likely to be full.
    private static let shortEvents = 8

    /// Bytes that are taken at once at the most: the others of a larger page grow as they come.
    private static let reservedBytesMax = 96 << 10

    /// The fields behind the events: a token, two sequences and the unreadable ranges at their
    /// greatest.
    private static let trailerBytesMax =
        2 * WireSize.varint(.max) + 2 + 3 + Limits.pageTokenBytesMax
        + Limits.unreadableRangesMax * (2 + 2 * (1 + WireSize.varint(.max)))

    /// - Parameter eventsMax: to take the memory of a page that gets long at once.
    package init(eventsMax: Int = 0) { self.eventsMax = eventsMax }

    /// The greatest size of the message if an event of `payloadBytes` were appended and the page
    /// then finished.
    package func bytesMax(appending payloadBytes: Int) -> Int {
        writer.bytes.count + 1
            + WireSize.delimited(payloadBytes + WireSize.sequence(Sequence(.max)))
            + QueryResponseWriter.trailerBytesMax
    }

    /// - Parameter sequence: see `ByteWriter.event`.
    package mutating func append(_ payload: UnsafeRawBufferPointer, sequence: Sequence? = nil) {
        if count == QueryResponseWriter.shortEvents, count < eventsMax {
            // As if the others were like the first ones.
            let bytes = writer.bytes.count / count * eventsMax * 9 / 8
            writer.reserve(min(bytes, QueryResponseWriter.reservedBytesMax))
        }
        writer.event(1, payload, sequence: sequence)
        count += 1
    }

    /// - Parameter unreadable: in any order; of more than 100 the last ones become one range that
    ///   covers them.
    package consuming func finish(
        nextPageToken: String, scannedThrough: Sequence, oldest: Sequence,
        unreadable: [SequenceRange]
    ) -> [UInt8] {
        // A response without events is the rest of one that has them.
        let rest = QueryResponse(
            nextPageToken: nextPageToken, scannedThrough: scannedThrough, oldestSequence: oldest,
            unreadable: QueryResponseWriter.coarsened(unreadable))
        writer.raw(rest.encoded())
        return writer.bytes
    }

    /// At most 100 ranges that cover all of `ranges`: it is said too much rather than too little.
    package static func coarsened(_ ranges: [SequenceRange]) -> [SequenceRange] {
        guard ranges.count > Limits.unreadableRangesMax else { return ranges }
        let sorted = ranges.sorted { $0.first < $1.first }
        let kept = sorted[..<(Limits.unreadableRangesMax - 1)]
        let others = sorted[kept.endIndex...]
        let last = others.reduce(others[kept.endIndex].last) { max($0, $1.last) }
        return kept + [SequenceRange(first: others[kept.endIndex].first, last: last)]
    }
}
