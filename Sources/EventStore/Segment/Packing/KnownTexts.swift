import AuditModel

/// What the payload of an event is likely to repeat of what the store knows of it, in the forms in which
/// payloads have them: the id as text, and numbers seven bits a byte.
struct KnownTexts: ~Copyable, @unchecked Sendable {
    // @unchecked: one owner.
    enum Kind: Int {
        case id
        /// A number.
        case sequence
        /// Seconds since 1970, 0x10, nanoseconds; the latter two not when they are zero.
        case recordedAt
        case occurredAt
    }

    /// Of all of them, the time twice, in one payload.
    static let bytesMax = EventID.textBytes + numberBytesMax + 3 * timeBytesMax

    private static let numberBytesMax = 10
    /// Nanoseconds are below 2^30.
    private static let timeBytesMax = numberBytesMax + 6
    private static let slotBytes = 48
    private static let nanosecondsMark: UInt8 = 0x10

    private let storage = OwnedBytes(count: 4 * slotBytes)
    private var counts: (Int, Int, Int, Int) = (EventID.textBytes, 0, 0, 0)
    private var recordedAt: Timestamp?

    init() {}

    mutating func set(
        id: EventID, sequence: Sequence, recordedAt: Timestamp, occurredAt: Timestamp
    ) {
        id.writeText(to: slot(.id, EventID.textBytes))
        counts.1 = writeNumber(sequence.rawValue, to: slot(.sequence))
        // Events that were recorded together follow one another.
        if recordedAt != self.recordedAt {
            counts.2 = writeTime(recordedAt, to: slot(.recordedAt))
            self.recordedAt = recordedAt
        }
        counts.3 = writeTime(occurredAt, to: slot(.occurredAt))
    }

    /// Valid until the next event is set.
    subscript(kind: Kind) -> UnsafeRawBufferPointer {
        let count =
            switch kind {
            case .id: counts.0
            case .sequence: counts.1
            case .recordedAt: counts.2
            case .occurredAt: counts.3
            }
        return UnsafeRawBufferPointer(slot(kind, count))
    }

    private func slot(_ kind: Kind, _ count: Int = slotBytes) -> UnsafeMutableRawBufferPointer {
        let start = kind.rawValue * KnownTexts.slotBytes
        return UnsafeMutableRawBufferPointer(rebasing: storage.buffer[start..<start + count])
    }

    private func writeNumber(_ number: UInt64, to slot: UnsafeMutableRawBufferPointer) -> Int {
        var number = number
        var count = 0
        while number >= 0x80 {
            slot[count] = UInt8(truncatingIfNeeded: number) | 0x80
            number >>= 7
            count += 1
        }
        slot[count] = UInt8(truncatingIfNeeded: number)
        return count + 1
    }

    private func writeTime(_ time: Timestamp, to slot: UnsafeMutableRawBufferPointer) -> Int {
        let (quotient, remainder) = time.nanosecondsSinceEpoch.quotientAndRemainder(
            dividingBy: 1_000_000_000)
        let seconds = remainder < 0 ? quotient - 1 : quotient
        let nanoseconds = remainder < 0 ? remainder + 1_000_000_000 : remainder
        var count = writeNumber(UInt64(bitPattern: seconds), to: slot)
        if nanoseconds != 0 {
            slot[count] = KnownTexts.nanosecondsMark
            count += 1
            count += writeNumber(
                UInt64(nanoseconds), to: UnsafeMutableRawBufferPointer(rebasing: slot[count...]))
        }
        return count
    }
}
