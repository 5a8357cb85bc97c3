package import AuditModel

/// Builds one frame in place: the bytes that are written are the bytes that the ring then shares.
///
/// Made by `EventStore.makeBatch`, filled, and given to `EventStore.append`.
package struct AppendBatch: ~Copyable {
    package let firstSequence: Sequence
    /// Of every event in it.
    package let recordedAt: Timestamp

    private(set) var buffer: UnsafeMutableRawBufferPointer
    private(set) var used = FrameHeader.bytes
    private(set) var entries: [EventBatch.Entry] = []

    init(firstSequence: Sequence, recordedAt: Timestamp, events: Int, bytes: Int) {
        self.firstSequence = firstSequence
        self.recordedAt = recordedAt
        let events = min(max(events, 1), Limits.frameEventsMax)
        let wanted =
            FrameHeader.bytes + bytes + events * EventHeader.bytes + FrameHeader.endMarkBytes
        buffer = .allocate(byteCount: min(wanted, Limits.frameBytesMax), alignment: 16)
        entries.reserveCapacity(events)
    }

    deinit {
        buffer.deallocate()
    }

    package var count: Int { entries.count }
    package var isEmpty: Bool { entries.isEmpty }

    /// The sequence that the next appended event gets.
    package var nextSequence: Sequence { firstSequence + entries.count }

    /// Whether an event of that size still fits; an empty batch takes any event within the limits
    /// of the contract.
    package func hasRoom(organizationBytes: Int, payloadBytes: Int) -> Bool {
        let event = EventHeader.bytes + organizationBytes + payloadBytes
        return entries.count < Limits.frameEventsMax
            && used + event + FrameHeader.endMarkBytes <= Limits.frameBytesMax
    }

    /// Adds one event, whose payload is `payload` and then what `suffix` writes.
    ///
    /// - Parameters:
    ///   - suffix: writes at most `suffixBytesMax` bytes to the start of its buffer and says how
    ///   many.
    /// - Returns: the event's sequence. The caller has asked `hasRoom` before.
    @discardableResult
    package mutating func append(
        organization: UnsafeRawBufferPointer, id: EventID, occurredAt: Timestamp,
        payload: UnsafeRawBufferPointer, suffixBytesMax: Int,
        suffix: (UnsafeMutableRawBufferPointer) -> Int
    ) -> Sequence {
        let payloadBytesMax = payload.count + suffixBytesMax
        precondition(
            hasRoom(organizationBytes: organization.count, payloadBytes: payloadBytesMax),
            "the caller asks hasRoom first")
        precondition(organization.count <= Limits.organizationBytesMax)
        let bytesMax = EventHeader.bytes + organization.count + payloadBytesMax
        makeRoom(bytesMax + FrameHeader.endMarkBytes)

        let organizationStart = used + EventHeader.bytes
        let payloadStart = organizationStart + organization.count
        let suffixStart = payloadStart + payload.count
        copy(organization, to: organizationStart)
        copy(payload, to: payloadStart)
        let suffixBytes = suffix(
            UnsafeMutableRawBufferPointer(
                rebasing: buffer[suffixStart..<suffixStart + suffixBytesMax]))
        precondition((0...suffixBytesMax).contains(suffixBytes), "a suffix stays in its buffer")

        let end = suffixStart + suffixBytes
        let header = EventHeader(
            id: id, occurredAt: occurredAt, organizationBytes: organization.count,
            payloadBytes: end - payloadStart)
        header.write(to: buffer, at: used)
        let sequence = nextSequence
        entries.append(
            EventBatch.Entry(
                id: id, occurredAt: occurredAt, organization: organizationStart..<payloadStart,
                payload: payloadStart..<end))
        used = end
        return sequence
    }

    private func copy(_ bytes: UnsafeRawBufferPointer, to offset: Int) {
        UnsafeMutableRawBufferPointer(rebasing: buffer[offset..<offset + bytes.count])
            .copyMemory(from: bytes)
    }

    private mutating func makeRoom(_ bytes: Int) {
        guard used + bytes > buffer.count else { return }
        let capacity = min(max(used + bytes, buffer.count * 2), Limits.frameBytesMax)
        replaceBuffer(capacity: capacity)
    }

    private mutating func replaceBuffer(capacity: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[..<used]))
        buffer.deallocate()
        buffer = larger
    }

    /// What remains of a batch: its bytes are the receiver's to free or to hand on.
    struct Finished {
        var frame: UnsafeMutableRawBufferPointer
        var header: FrameHeader
        var entries: [EventBatch.Entry]
    }

    /// Writes the end mark and gives the bytes away; header and checksums are written when the log
    /// is known.
    consuming func finish() -> Finished {
        precondition(!entries.isEmpty, "a frame holds at least one event")
        let length = used + FrameHeader.endMarkBytes
        // The ring keeps these bytes for long: a buffer that was asked for far too large is not
        // worth keeping.
        if buffer.count - length > length / 4 {
            replaceBuffer(capacity: length)
        }
        FrameHeader.writeEndMark(to: buffer, at: used)
        let finished = Finished(
            frame: buffer,
            header: FrameHeader(
                length: length, count: entries.count, firstSequence: firstSequence,
                recordedAt: recordedAt),
            entries: entries)
        buffer = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        return finished
    }
}
