package import AuditModel

/// The 64 bytes at the start of a segment. The format is described in docs/disk-format.md.
struct SegmentHeader: Equatable {
    var format = SegmentFormat.current
    /// The rows of the segment; the first one is also its name.
    var sequences: SequenceRange
    /// `TermExtractor.version` of its indexes.
    var termsVersion: UInt32
    /// Goes into the seed of every checksum in this segment.
    var salt: UInt64
    /// As the header of the log says that became this segment.
    var skipped: SequenceRange?

    static let bytes = 64
    static let magic: UInt64 = 0x4745_5354_4944_5541  // "AUDITSEG"

    private enum Offset {
        static let magic = 0
        static let version = 8
        static let termsVersion = 12
        static let firstSequence = 16
        static let lastSequence = 24
        static let salt = 32
        static let skippedFrom = 40
        static let checksum = 56
    }

    enum Problem: Error {
        case notWhole
        case version(UInt32)
    }

    init(
        sequences: SequenceRange, termsVersion: UInt32, salt: UInt64,
        skipped: SequenceRange? = nil
    ) {
        self.sequences = sequences
        self.termsVersion = termsVersion
        self.salt = salt
        self.skipped = skipped
    }

    func write(to buffer: UnsafeMutableRawBufferPointer) {
        buffer.initializeMemory(as: UInt8.self, repeating: 0)
        buffer.storeLittleEndian(SegmentHeader.magic, at: Offset.magic)
        buffer.storeLittleEndian(format.rawValue, at: Offset.version)
        buffer.storeLittleEndian(termsVersion, at: Offset.termsVersion)
        buffer.storeLittleEndian(sequences.first.rawValue, at: Offset.firstSequence)
        buffer.storeLittleEndian(sequences.last.rawValue, at: Offset.lastSequence)
        buffer.storeLittleEndian(salt, at: Offset.salt)
        buffer.storeLittleEndian(skipped.wire, at: Offset.skippedFrom)
        let checksum = Checksum.of(buffer[..<Offset.checksum], salt: 0)
        buffer.storeLittleEndian(checksum, at: Offset.checksum)
    }

    init(_ bytes: UnsafeRawBufferPointer) throws(Problem) {
        guard bytes.count == SegmentHeader.bytes,
            bytes.loadLittleEndian(UInt64.self, at: Offset.magic) == SegmentHeader.magic,
            bytes.loadLittleEndian(UInt64.self, at: Offset.checksum)
                == Checksum.of(bytes[..<Offset.checksum], salt: 0)
        else { throw .notWhole }
        // After the checksum: a flipped bit is damage and not another version.
        let version = bytes.loadLittleEndian(UInt32.self, at: Offset.version)
        guard let format = SegmentFormat(rawValue: version) else { throw .version(version) }
        self.format = format
        let first = bytes.loadLittleEndian(UInt64.self, at: Offset.firstSequence)
        let last = bytes.loadLittleEndian(UInt64.self, at: Offset.lastSequence)
        let skippedFrom = bytes.loadLittleEndian(UInt64.self, at: Offset.skippedFrom)
        guard first > 0, first <= last, last - first < UInt64(Row.max),
            skippedFrom == 0 || skippedFrom < first
        else { throw .notWhole }
        sequences = SequenceRange(first: Sequence(first), last: Sequence(last))
        // The first version was not named yet.
        termsVersion = max(1, bytes.loadLittleEndian(UInt32.self, at: Offset.termsVersion))
        skipped = .skipped(from: skippedFrom, before: Sequence(first))
        salt = bytes.loadLittleEndian(UInt64.self, at: Offset.salt)
    }
}

/// File names of segments: 20 digits of the first sequence, as logs have them.
package enum SegmentName {
    package static let suffix = ".segment"
    /// A segment whose making did not end: to be removed at the start.
    package static let unfinishedSuffix = suffix + ".new"

    package static func of(_ firstSequence: Sequence) -> String {
        SequenceName.of(firstSequence) + suffix
    }

    package static func unfinished(_ firstSequence: Sequence) -> String {
        SequenceName.of(firstSequence) + unfinishedSuffix
    }

    /// Nil for the name of anything else.
    package static func firstSequence(of name: String) -> Sequence? {
        SequenceName.sequence(of: name, suffix: suffix)
    }
}
