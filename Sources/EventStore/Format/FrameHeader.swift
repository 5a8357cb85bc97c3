import AuditModel

/// The 48 bytes before the events of a frame. The format is described in docs/disk-format.md.
struct FrameHeader: Equatable {
    /// Of the whole frame: header, events and end mark.
    var length: Int
    var count: Int
    var firstSequence: Sequence
    var recordedAt: Timestamp

    static let bytes = 48
    static let endMarkBytes = 4
    /// A frame of one event with nothing in it.
    static let lengthMin = bytes + EventHeader.bytes + endMarkBytes

    static let magic: UInt32 = 0x4D52_4641  // "AFRM"
    static let version: UInt32 = 1
    // Its last byte is not zero, which is how a write that was cut short is known.
    static let endMark: UInt32 = 0x444E_4541  // "AEND"

    private enum Offset {
        static let magic = 0
        static let version = 4
        static let length = 8
        static let count = 12
        static let firstSequence = 16
        static let recordedAt = 24
        static let bodyChecksum = 32
        static let headerChecksum = 40
    }

    var lastSequence: Sequence { firstSequence + (count - 1) }
    var sequences: SequenceRange { SequenceRange(first: firstSequence, last: lastSequence) }

    static func writeEndMark(to buffer: UnsafeMutableRawBufferPointer, at offset: Int) {
        buffer.storeLittleEndian(endMark, at: offset)
    }

    /// Writes the header to the start of a frame whose events and end mark are in place.
    func seal(frame: UnsafeMutableRawBufferPointer, salt: UInt64) {
        frame.storeLittleEndian(FrameHeader.magic, at: Offset.magic)
        frame.storeLittleEndian(FrameHeader.version, at: Offset.version)
        frame.storeLittleEndian(UInt32(length), at: Offset.length)
        frame.storeLittleEndian(UInt32(count), at: Offset.count)
        frame.storeLittleEndian(firstSequence.rawValue, at: Offset.firstSequence)
        frame.storeLittleEndian(recordedAt.nanosecondsSinceEpoch, at: Offset.recordedAt)
        let frame = UnsafeMutableRawBufferPointer(rebasing: frame[..<length])
        let body = Checksum.of(frame[FrameHeader.bytes...], salt: salt)
        frame.storeLittleEndian(body, at: Offset.bodyChecksum)
        let header = Checksum.of(frame[..<Offset.headerChecksum], salt: salt)
        frame.storeLittleEndian(header, at: Offset.headerChecksum)
    }

    /// Reads the header at the start of `bytes`; nil unless it is whole, unchanged and within the
    /// limits.
    init?(_ bytes: UnsafeRawBufferPointer, salt: UInt64) {
        guard bytes.count >= FrameHeader.bytes,
            bytes.loadLittleEndian(UInt32.self, at: Offset.magic) == FrameHeader.magic,
            bytes.loadLittleEndian(UInt64.self, at: Offset.headerChecksum)
                == Checksum.of(bytes[..<(bytes.startIndex + Offset.headerChecksum)], salt: salt),
            bytes.loadLittleEndian(UInt32.self, at: Offset.version) == FrameHeader.version
        else { return nil }
        length = Int(bytes.loadLittleEndian(UInt32.self, at: Offset.length))
        count = Int(bytes.loadLittleEndian(UInt32.self, at: Offset.count))
        firstSequence = Sequence(bytes.loadLittleEndian(UInt64.self, at: Offset.firstSequence))
        recordedAt = Timestamp(
            nanosecondsSinceEpoch: bytes.loadLittleEndian(Int64.self, at: Offset.recordedAt))
        guard (FrameHeader.lengthMin...Limits.frameBytesMax).contains(length),
            (1...Limits.frameEventsMax).contains(count), firstSequence > .zero,
            !firstSequence.rawValue.addingReportingOverflow(UInt64(count)).overflow
        else { return nil }
    }

    init(length: Int, count: Int, firstSequence: Sequence, recordedAt: Timestamp) {
        self.length = length
        self.count = count
        self.firstSequence = firstSequence
        self.recordedAt = recordedAt
    }

    /// Whether `frame`, whose header is this one, has the body that was written.
    func matchesBody(of frame: UnsafeRawBufferPointer, salt: UInt64) -> Bool {
        guard frame.count == length else { return false }
        return frame.loadLittleEndian(UInt64.self, at: Offset.bodyChecksum)
            == Checksum.of(frame[FrameHeader.bytes...], salt: salt)
    }
}
