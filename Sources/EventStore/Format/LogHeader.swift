import AuditModel

/// The 64 bytes at the start of a log. The format is described in docs/disk-format.md.
struct LogHeader: Equatable {
    /// Of the first event that this log can hold; also its name.
    var firstSequence: Sequence
    /// No event of this log was recorded before it: keeps recorded_at from decreasing when all logs
    /// before are gone.
    var recordedAtFloor: Timestamp
    /// The seed of every checksum in this log.
    var salt: UInt64
    /// The sequences right before the first that a restored store passed over: an older one may have
    /// given them out. Nil where the log continues the file before it.
    var skipped: SequenceRange?

    static let bytes = 64
    static let magic: UInt64 = 0x474F_4C54_4944_5541  // "AUDITLOG"
    static let version: UInt32 = 1

    private enum Offset {
        static let magic = 0
        static let version = 8
        static let firstSequence = 16
        static let recordedAtFloor = 24
        static let salt = 32
        static let skippedFrom = 40
        static let checksum = 56
    }

    enum Problem: Error {
        case notWhole
        case version(UInt32)
    }

    func write(to buffer: UnsafeMutableRawBufferPointer) {
        buffer.initializeMemory(as: UInt8.self, repeating: 0)
        buffer.storeLittleEndian(LogHeader.magic, at: Offset.magic)
        buffer.storeLittleEndian(LogHeader.version, at: Offset.version)
        buffer.storeLittleEndian(firstSequence.rawValue, at: Offset.firstSequence)
        buffer.storeLittleEndian(
            recordedAtFloor.nanosecondsSinceEpoch, at: Offset.recordedAtFloor)
        buffer.storeLittleEndian(salt, at: Offset.salt)
        buffer.storeLittleEndian(skipped.wire, at: Offset.skippedFrom)
        let checksum = Checksum.of(buffer[..<Offset.checksum], salt: 0)
        buffer.storeLittleEndian(checksum, at: Offset.checksum)
    }

    init(
        firstSequence: Sequence, recordedAtFloor: Timestamp, salt: UInt64,
        skipped: SequenceRange? = nil
    ) {
        self.firstSequence = firstSequence
        self.recordedAtFloor = recordedAtFloor
        self.salt = salt
        self.skipped = skipped
    }

    init(_ bytes: UnsafeRawBufferPointer) throws(Problem) {
        guard bytes.count == LogHeader.bytes,
            bytes.loadLittleEndian(UInt64.self, at: Offset.magic) == LogHeader.magic,
            bytes.loadLittleEndian(UInt64.self, at: Offset.checksum)
                == Checksum.of(bytes[..<Offset.checksum], salt: 0)
        else { throw .notWhole }
        // After the checksum: a flipped bit is damage and not another version.
        let version = bytes.loadLittleEndian(UInt32.self, at: Offset.version)
        guard version == LogHeader.version else { throw .version(version) }
        firstSequence = Sequence(bytes.loadLittleEndian(UInt64.self, at: Offset.firstSequence))
        recordedAtFloor = Timestamp(
            nanosecondsSinceEpoch: bytes.loadLittleEndian(
                Int64.self, at: Offset.recordedAtFloor))
        salt = bytes.loadLittleEndian(UInt64.self, at: Offset.salt)
        let from = bytes.loadLittleEndian(UInt64.self, at: Offset.skippedFrom)
        guard from == 0 || from < firstSequence.rawValue else { throw .notWhole }
        skipped = .skipped(from: from, before: firstSequence)
    }
}

extension SequenceRange? {
    /// Skipped sequences as headers hold them: the first one, or zero for none; they end where the
    /// file begins.
    var wire: UInt64 { self?.first.rawValue ?? 0 }

    static func skipped(from first: UInt64, before next: Sequence) -> SequenceRange? {
        first == 0 ? nil : SequenceRange(first: Sequence(first), last: next.previous)
    }
}

/// File names of logs: 20 digits, so that their order as text is their order in sequence.
enum LogName {
    static let suffix = ".log"
    /// A log whose making did not end.
    static let unfinishedSuffix = suffix + ".new"

    static func of(_ firstSequence: Sequence) -> String {
        SequenceName.of(firstSequence) + suffix
    }

    static func unfinished(_ firstSequence: Sequence) -> String {
        SequenceName.of(firstSequence) + unfinishedSuffix
    }

    static func firstSequence(of name: String) -> Sequence? {
        SequenceName.sequence(of: name, suffix: suffix)
    }
}

/// A sequence in 20 digits, so that the order of file names as text is their order.
enum SequenceName {
    private static let digits = 20

    static func of(_ sequence: Sequence) -> String {
        let number = String(sequence.rawValue)
        return String(repeating: "0", count: digits - number.count) + number
    }

    static func sequence(of name: String, suffix: String) -> Sequence? {
        guard name.utf8.count == digits + suffix.utf8.count, name.hasSuffix(suffix),
            let number = UInt64(name.prefix(digits))
        else { return nil }
        return Sequence(number)
    }
}
