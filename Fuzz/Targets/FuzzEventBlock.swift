import AuditModel

@testable import EventStore

/// Blocks of events: what is written is read as it was, whatever the payloads have in them, and a block that
/// nobody wrote does no harm.
///
/// Input: 0 and events, or else a header without its lengths, how much lies before the body, and the rest.
@Sendable
func fuzzEventBlock(_ bytes: UnsafeRawBufferPointer) throws {
    var input = FuzzInput(bytes)
    if input.byte() == 0 {
        try checkRoundTrip(&input)
    } else {
        readForeign(&input)
    }
}

private let eventsMax = 16
private let firstSequence = Sequence(1 << 21)

private struct StoredEvent: Equatable {
    var id: EventID
    var recordedAt: Timestamp
    var occurredAt: Timestamp
    var organization: [UInt8]
    var payload: [UInt8]

    /// A length tells how often the payload has what the store knows, between bytes of the input.
    init(_ input: inout FuzzInput, sequence: Sequence) {
        id = EventID(high: input.integer(), low: input.integer())
        recordedAt = Timestamp(nanosecondsSinceEpoch: Int64(bitPattern: input.integer()))
        occurredAt = Timestamp(nanosecondsSinceEpoch: Int64(bitPattern: input.integer()))
        organization = Array(input.take(Int(input.byte() & 31)))
        payload = Array(input.take(Int(input.byte())))
        var texts = KnownTexts()
        texts.set(id: id, sequence: sequence, recordedAt: recordedAt, occurredAt: occurredAt)
        let kinds: [KnownTexts.Kind] = [.id, .sequence, .recordedAt, .occurredAt]
        for _ in 0..<input.byte() & 7 {
            payload += texts[kinds[Int(input.byte() & 3)]]
            payload += input.take(Int(input.byte() & 31))
        }
    }

    init(_ event: EventView) {
        id = event.id
        recordedAt = event.recordedAt
        occurredAt = event.occurredAt
        organization = Array(event.organization)
        payload = Array(event.payload)
    }

    func add(to builder: inout EventBlockBuilder, row: Row) {
        organization.withUnsafeBytes { organization in
            payload.withUnsafeBytes { payload in
                builder.append(
                    EventView(
                        sequence: firstSequence + Int(row), recordedAt: recordedAt,
                        occurredAt: occurredAt, id: id, organization: organization,
                        payload: payload),
                    row: row)
            }
        }
    }
}

private func checkRoundTrip(_ input: inout FuzzInput) throws {
    var builder = EventBlockBuilder()
    var events: [StoredEvent] = []
    while events.isEmpty || !input.isEmpty && events.count < eventsMax {
        let row = Row(events.count)
        let event = StoredEvent(&input, sequence: firstSequence + Int(row))
        event.add(to: &builder, row: row)
        events.append(event)
    }
    var writer = EventBlockWriter(nil)
    var written = FlatArray<UInt8>()
    writer.write(builder.finish(), to: &written)
    let block = decode(written.bytes)
    let read = block.map { block in
        (0..<block.count).map { block.withEvent(at: $0) { StoredEvent($0) } }
    }
    try promise(read == events, "\(events) became \(String(describing: read))")
}

/// The body is compressed here, so that what is looked at is not just zstd's own reading.
private func readForeign(_ input: inout FuzzInput) {
    let count = Int(input.byte() & 15) + 1
    let firstRow = Row(input.byte())
    let holes = Row(input.byte() & 3)
    let plain = input.take(Int(input.byte()))
    let body = input.rest
    var compressor = Compressor(nil, blockBytes: body.count)
    var compressed = FlatArray<UInt8>()
    compressor.compress(body, to: &compressed)
    var bytes = FlatArray<UInt8>()
    EventBlockHeader(
        firstRow: firstRow, lastRow: firstRow + Row(count - 1) + holes, count: count,
        rawBytes: body.count, bodyBytes: compressed.count, plainBytes: plain.count
    ).write(to: &bytes)
    bytes.append(plain)
    bytes.append(compressed.bytes)
    guard let block = decode(bytes.bytes) else { return }
    for index in 0..<block.count { _ = block.withEvent(at: index) { StoredEvent($0) } }
}

private func decode(_ bytes: UnsafeRawBufferPointer) -> EventBlock? {
    var decompressor = Decompressor()
    return EventBlockDecoder(firstSequence: firstSequence, dictionary: nil)
        .decode(bytes, &decompressor)
}
