import AuditModel

/// The events of a frame.
enum FrameBody {
    /// Where each event of a frame lies; nil when the lengths do not add up to the frame. Its
    /// checksums have been verified before, so that this only catches a writer that was wrong.
    static func entries(
        of frame: UnsafeRawBufferPointer, header: FrameHeader
    ) -> [EventBatch.Entry]? {
        let end = header.length - FrameHeader.endMarkBytes
        // Before memory is taken for `count` entries.
        guard frame.count == header.length,
            header.count <= (end - FrameHeader.bytes) / EventHeader.bytes
        else { return nil }
        var entries: [EventBatch.Entry] = []
        entries.reserveCapacity(header.count)
        var offset = FrameHeader.bytes
        for _ in 0..<header.count {
            guard offset + EventHeader.bytes <= end else { return nil }
            let event = EventHeader(frame, at: offset)
            let organization = offset + EventHeader.bytes
            let payload = organization + event.organizationBytes
            offset = payload + event.payloadBytes
            guard offset <= end else { return nil }
            entries.append(
                EventBatch.Entry(
                    id: event.id, occurredAt: event.occurredAt,
                    organization: organization..<payload, payload: payload..<offset))
        }
        return offset == end ? entries : nil
    }
}
