import AuditModel

/// Gathers the events of one block. Before its body lie
///
///     occurred   of the events, as in their column (`OccurredColumn`)
///     ids        `IdentifierColumn`
///     apart      what the marks of the text stand for (`HexText`)
///
/// and its body, which is compressed, is
///
///     length     of the text
///     rows       for each event but the first: its distance from the one before it, less 1
///     payloads   for each event: bytes of its payload
///     lengths    for each event: bytes of its organization
///     recorded   for each event: how much later than the one before it; of the first since 1970
///     shapes     for each event: the number of its `PayloadShape` among those of the block, in the order in
///                which they come; the first time, the fields of the shape follow
///     text       for each event: its organization if it is not in the payload; its payload
///                without what its shape leaves out. All of it as `HexText`
///
/// All numbers are varints, the times zigzag.
struct EventBlockBuilder: ~Copyable {
    struct Event: BitwiseCopyable {
        var row: Row
        var payloadBytes: UInt32
        var organizationBytes: UInt32
        var recordedAt: Int64
        var shape: PayloadShape
    }

    private var events = FlatArray<Event>(capacity: 64)
    private var ids = FlatArray<EventID>(capacity: 64)
    private var occurred = FlatArray<Int64>(capacity: 64)
    private var text = FlatArray<UInt8>(capacity: 2 * Limits.eventBlockBytes)
    private var known = KnownTexts()
    private var shapes = PayloadShapeFinder()

    var isEmpty: Bool { events.isEmpty }

    var isFull: Bool {
        text.count >= Limits.eventBlockBytes || events.count == Limits.eventBlockEventsMax
    }

    /// Whether an event of so many bytes still belongs into this block.
    func hasRoom(for bytes: Int) -> Bool {
        isEmpty || (!isFull && text.count + bytes <= 2 * Limits.eventBlockBytes)
    }

    mutating func append(_ event: EventView, row: Row) {
        known.set(
            id: event.id, sequence: event.sequence, recordedAt: event.recordedAt,
            occurredAt: event.occurredAt)
        let shape = shapes.find(event.payload, organization: event.organization, known)
        if shape.organization == 0 { text.append(event.organization) }
        appendText(of: event.payload, shape)
        ids.append(event.id)
        occurred.append(event.occurredAt.nanosecondsSinceEpoch)
        events.append(
            Event(
                row: row, payloadBytes: UInt32(event.payload.count),
                organizationBytes: UInt32(event.organization.count),
                recordedAt: event.recordedAt.nanosecondsSinceEpoch, shape: shape))
    }

    private mutating func appendText(of payload: UnsafeRawBufferPointer, _ shape: PayloadShape) {
        var place = 0
        let rest = shape.visit(known, payloadBytes: payload.count) { gap, known in
            text.append(UnsafeRawBufferPointer(rebasing: payload[place..<place + gap]))
            place += gap + known.count
        }
        precondition(rest != nil, "what was found in a payload fits it")
        text.append(UnsafeRawBufferPointer(rebasing: payload[place...]))
    }

    /// Gives the block away and begins the next one.
    mutating func finish() -> RawEventBlock {
        var block = RawEventBlock(
            firstRow: events[0].row, lastRow: events[events.count - 1].row, count: events.count,
            recordedAt: Timestamp(nanosecondsSinceEpoch: events[0].recordedAt))
        OccurredColumn.write(occurred.elements, to: &block.plain)
        IdentifierColumn.write(ids.elements, occurred.elements, to: &block.plain)
        writeColumns(to: &block.columns)
        block.text.append(text.bytes)
        events.removeAll()
        ids.removeAll()
        occurred.removeAll()
        text.removeAll()
        return block
    }

    private func writeColumns(to body: inout FlatArray<UInt8>) {
        let events = events.elements
        body.append(varint: text.count)
        for index in events.indices.dropFirst() {
            body.append(varint: UInt64(events[index].row - events[index - 1].row - 1))
        }
        for event in events { body.append(varint: UInt64(event.payloadBytes)) }
        for event in events { body.append(varint: UInt64(event.organizationBytes)) }
        var before: Int64 = 0
        for event in events {
            body.append(zigzag: event.recordedAt &- before)
            before = event.recordedAt
        }
        var shapes = PayloadShapeWriter()
        for event in events { shapes.write(event.shape, to: &body) }
    }
}
