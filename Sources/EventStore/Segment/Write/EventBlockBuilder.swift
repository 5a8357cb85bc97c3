import AuditModel

/// Gathers the events of one block. Its body, which is then compressed, is column by column
///
///     unit       u8, what divides every occurred_at: a number of `OccurredColumn.units`
///     rows       for each event but the first: its distance from the one before it, less 1
///     payloads   for each event: bytes of its payload
///     lengths    for each event: bytes of its organization
///     places     for each event: where in its payload its organization stands, plus 1;
///                0: not there, it lies before the payload
///     ids        for each event: where in its payload its id stands as text, plus 1; 0: not there
///     recorded   for each event: how much later than the one before it; of the first since 1970
///     occurred   for each event: how much later than recorded, in that unit, rounded down
///     text       for each event: its organization if it is not in the payload; its payload
///                without the id's text
///
/// All numbers are varints, the times zigzag.
struct EventBlockBuilder: ~Copyable {
    struct Event: BitwiseCopyable {
        var row: Row
        var payloadBytes: UInt32
        var organizationBytes: UInt32
        var organizationPlace: UInt32
        var idPlace: UInt32
        var recordedAt: Int64
        var occurredAt: Int64
    }

    private var events = FlatArray<Event>(capacity: 64)
    private var ids = FlatArray<EventID>(capacity: 64)
    private var text = FlatArray<UInt8>(capacity: 2 * Limits.eventBlockBytes)
    /// Where the last event's organization stood: the next one's is likely to stand there too.
    private var lastOrganizationPlace = 0

    var isEmpty: Bool { events.isEmpty }

    var isFull: Bool {
        text.count >= Limits.eventBlockBytes || events.count == Limits.eventBlockEventsMax
    }

    /// Whether an event of so many bytes still belongs into this block.
    func hasRoom(for bytes: Int) -> Bool {
        isEmpty || (!isFull && text.count + bytes <= 2 * Limits.eventBlockBytes)
    }

    mutating func append(_ event: EventView, row: Row) {
        let idPlace = placeOfID(event)
        let organizationPlace = placeOfOrganization(event)
        if organizationPlace == nil { text.append(event.organization) }
        if let idPlace {
            text.append(UnsafeRawBufferPointer(rebasing: event.payload[..<idPlace]))
            text.append(
                UnsafeRawBufferPointer(rebasing: event.payload[(idPlace + EventID.textBytes)...]))
        } else {
            text.append(event.payload)
        }
        ids.append(event.id)
        events.append(
            Event(
                row: row, payloadBytes: UInt32(event.payload.count),
                organizationBytes: UInt32(event.organization.count),
                organizationPlace: organizationPlace.map { UInt32($0) + 1 } ?? 0,
                idPlace: idPlace.map { UInt32($0) + 1 } ?? 0,
                recordedAt: event.recordedAt.nanosecondsSinceEpoch,
                occurredAt: event.occurredAt.nanosecondsSinceEpoch))
    }

    private func placeOfID(_ event: EventView) -> Int? {
        let payload = event.payload
        let last = min(Limits.identifierTextOffsetMax, payload.count - EventID.textBytes)
        guard last >= 0 else { return nil }
        return withUnsafeTemporaryAllocation(
            byteCount: EventID.textBytes, alignment: 8
        ) { text -> Int? in
            event.id.writeText(to: text)
            let text = UnsafeRawBufferPointer(text)
            let start = text.loadUnaligned(as: UInt64.self)
            for place in 0...last
            where payload.loadUnaligned(fromByteOffset: place, as: UInt64.self) == start {
                let there = payload[place..<place + EventID.textBytes]
                if UnsafeRawBufferPointer(rebasing: there).equals(text) { return place }
            }
            return nil
        }
    }

    private mutating func placeOfOrganization(_ event: EventView) -> Int? {
        let (payload, organization) = (event.payload, event.organization)
        guard !organization.isEmpty else { return nil }
        func isAt(_ place: Int) -> Bool {
            guard place + organization.count <= payload.count else { return false }
            let there = payload[place..<place + organization.count]
            return UnsafeRawBufferPointer(rebasing: there).equals(organization)
        }
        if isAt(lastOrganizationPlace) { return lastOrganizationPlace }
        let last = min(Limits.organizationOffsetMax, payload.count - organization.count)
        guard last >= 0, let place = (0...last).first(where: isAt) else { return nil }
        lastOrganizationPlace = place
        return place
    }

    /// Gives the block away and begins the next one.
    mutating func finish() -> RawEventBlock {
        var block = RawEventBlock(
            firstRow: events[0].row, lastRow: events[events.count - 1].row, count: events.count,
            recordedAt: Timestamp(nanosecondsSinceEpoch: events[0].recordedAt))
        IdentifierColumn.write(ids.elements, to: &block.ids)
        writeColumns(to: &block.body)
        block.body.append(text.bytes)
        events.removeAll()
        ids.removeAll()
        text.removeAll()
        return block
    }

    private func writeColumns(to body: inout FlatArray<UInt8>) {
        let events = events.elements
        var code = 0
        for event in events {
            while event.occurredAt % OccurredColumn.units[code] != 0 { code += 1 }
        }
        let unit = OccurredColumn.units[code]
        body.append(UInt8(code))
        for index in events.indices.dropFirst() {
            body.append(varint: UInt64(events[index].row - events[index - 1].row - 1))
        }
        for event in events { body.append(varint: UInt64(event.payloadBytes)) }
        for event in events { body.append(varint: UInt64(event.organizationBytes)) }
        for event in events { body.append(varint: UInt64(event.organizationPlace)) }
        for event in events { body.append(varint: UInt64(event.idPlace)) }
        var before: Int64 = 0
        for event in events {
            body.append(zigzag: event.recordedAt &- before)
            before = event.recordedAt
        }
        for event in events {
            body.append(zigzag: event.occurredAt / unit &- event.recordedAt / unit)
        }
    }
}

/// The events of a block before they are compressed: kept until there is a dictionary.
struct RawEventBlock: ~Copyable {
    let firstRow: Row
    let lastRow: Row
    let count: Int
    /// Of its first event.
    let recordedAt: Timestamp
    var ids = FlatArray<UInt8>()
    var body = FlatArray<UInt8>(capacity: Limits.eventBlockBytes * 3 / 2)

    var bytes: Int { ids.count + body.count }

    init(firstRow: Row, lastRow: Row, count: Int, recordedAt: Timestamp) {
        self.firstRow = firstRow
        self.lastRow = lastRow
        self.count = count
        self.recordedAt = recordedAt
    }

    /// Appends the block as it lies in the file.
    func write(_ compressor: inout Compressor, to bytes: inout FlatArray<UInt8>) {
        let start = bytes.count
        let header = EventBlockHeader(
            firstRow: firstRow, lastRow: lastRow, count: count, rawBytes: body.count, bodyBytes: 0)
        header.write(to: &bytes)
        bytes.append(ids.bytes)
        let bodyStart = bytes.count
        compressor.compress(body.bytes, to: &bytes)
        UnsafeMutableRawBufferPointer(bytes.elements).storeLittleEndian(
            UInt32(bytes.count - bodyStart), at: start + EventBlockHeader.bytes - 4)
    }
}
