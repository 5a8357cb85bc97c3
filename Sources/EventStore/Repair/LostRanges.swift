package import AuditModel

/// Sequences whose events a repair could not save, in order and without overlap. A value.
///
/// Rows without an event are also what retention leaves; these are told apart, so that whoever reads past
/// them is told that something is missing, and never that there was nothing.
package struct LostRanges: Hashable, Sendable {
    package private(set) var ranges: [SequenceRange] = []

    package init(_ ranges: [SequenceRange] = []) {
        for range in ranges.sorted(by: { $0.first < $1.first }) {
            if let before = self.ranges.last, range.first <= before.last.next {
                self.ranges[self.ranges.count - 1].last = max(before.last, range.last)
            } else {
                self.ranges.append(range)
            }
        }
    }

    package var isEmpty: Bool { ranges.isEmpty }

    /// The last of them.
    package var last: Sequence? { ranges.last?.last }

    /// The first of them that does not end before `sequence`.
    package func range(atOrAfter sequence: Sequence) -> SequenceRange? {
        let index = ranges.partitionIndex { $0.last >= sequence }
        return index < ranges.count ? ranges[index] : nil
    }

    /// What of them lies in a range, in order.
    package func overlapping(_ range: SequenceRange) -> [SequenceRange] {
        ranges[ranges.partitionIndex { $0.last >= range.first }...]
            .prefix { $0.first <= range.last }
            .map { lost in
                SequenceRange(
                    first: max(lost.first, range.first), last: min(lost.last, range.last))
            }
    }

    func union(_ other: LostRanges) -> LostRanges { LostRanges(ranges + other.ranges) }

    /// Without what is before the first file.
    func from(_ first: Sequence) -> LostRanges {
        guard let last = ranges.last?.last, first <= last else { return LostRanges() }
        return LostRanges(overlapping(SequenceRange(first: first, last: last)))
    }
}

/// The text of the file `LOST`: a line that names it, a line for each range, and a checksum. A person
/// can read it.
extension LostRanges {
    private static let title = "auditrpc lost sequences 1"
    private static let checksumWord = "checksum "

    var text: [UInt8] {
        var text = LostRanges.title + "\n"
        for range in ranges { text += "\(range.first) \(range.last)\n" }
        let checksum = Array(text.utf8).withUnsafeBytes { Checksum.of($0, salt: 0) }
        return Array((text + LostRanges.checksumWord + String(checksum, radix: 16) + "\n").utf8)
    }

    /// Nil for anything that `text` does not give.
    init?(text bytes: [UInt8]) {
        let lines = String(decoding: bytes, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 3, lines[0] == LostRanges.title else { return nil }
        var ranges: [SequenceRange] = []
        for line in lines[1..<lines.count - 2] {
            let numbers = line.split(separator: " ").map { UInt64($0) }
            guard numbers.count == 2, let first = numbers[0], let last = numbers[1], first <= last
            else { return nil }
            ranges.append(SequenceRange(first: Sequence(first), last: Sequence(last)))
        }
        self.init(ranges)
        guard text == bytes else { return nil }
    }

    /// Throws `damaged` when the file is not what a repair wrote, or the disk does not read it; none without
    /// a file.
    static func read(
        _ configuration: StoreConfiguration, _ fileSystem: any FileSystem
    ) throws(StoreError) -> LostRanges {
        let path = configuration.lostPath
        let bytes = try StoreError.wrappingFileErrors { () throws(FileError) -> [UInt8]? in
            do throws(FileError) {
                return try fileSystem.contents(path, bytesMax: Limits.lostFileBytesMax)
            } catch {
                guard error.isUnreadable else { throw error }
                return []
            }
        }
        guard let bytes else { return LostRanges() }
        guard let lost = LostRanges(text: bytes) else {
            throw StoreError(
                .damaged,
                "\(path), which names the events that a repair could not save, has changed. "
                    + "Nothing was changed. Restore it from a backup, or run `auditrpc store repair "
                    + "\(configuration.directory)`, which begins it anew")
        }
        return lost
    }
}
