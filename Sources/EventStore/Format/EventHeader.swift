import AuditModel

/// The 32 bytes before an event's organization and payload.
struct EventHeader {
    var id: EventID
    var occurredAt: Timestamp
    var organizationBytes: Int
    var payloadBytes: Int

    static let bytes = 32

    private enum Offset {
        static let idHigh = 0
        static let idLow = 8
        static let occurredAt = 16
        static let organizationBytes = 24
        static let payloadBytes = 28
    }

    func write(to buffer: UnsafeMutableRawBufferPointer, at offset: Int) {
        buffer.storeLittleEndian(id.high.byteSwapped, at: offset + Offset.idHigh)
        buffer.storeLittleEndian(id.low.byteSwapped, at: offset + Offset.idLow)
        buffer.storeLittleEndian(
            occurredAt.nanosecondsSinceEpoch, at: offset + Offset.occurredAt)
        buffer.storeLittleEndian(UInt32(organizationBytes), at: offset + Offset.organizationBytes)
        buffer.storeLittleEndian(UInt32(payloadBytes), at: offset + Offset.payloadBytes)
    }
}

extension EventHeader {
    /// The caller has made sure that 32 bytes are there.
    init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        id = EventID(
            high: bytes.loadLittleEndian(UInt64.self, at: offset + Offset.idHigh).byteSwapped,
            low: bytes.loadLittleEndian(UInt64.self, at: offset + Offset.idLow).byteSwapped)
        occurredAt = Timestamp(
            nanosecondsSinceEpoch: bytes.loadLittleEndian(
                Int64.self, at: offset + Offset.occurredAt))
        organizationBytes = Int(
            bytes.loadLittleEndian(UInt32.self, at: offset + Offset.organizationBytes))
        payloadBytes = Int(bytes.loadLittleEndian(UInt32.self, at: offset + Offset.payloadBytes))
    }
}
