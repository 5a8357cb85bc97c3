import AuditModel

/// The files of a store in the order of their sequences, without a hole between them but those that a
/// restored store passed over. A value: who has one sees the store as it was then.
///
/// The last one is the log that is being written, so there always is one. Segments come first, but a
/// log that cannot be sealed stays among them.
struct StoreParts: Sendable {
    private(set) var all: [StorePart]
    /// Of each of them; `all` holds what it points to.
    private(set) var probes: ProbeTable
    /// The segments before the first log.
    private var sealedCount = 0
    /// Of all parts but the last, which grows.
    private var closedBytes = 0
    /// Sequences of events that retention left out of segments.
    private(set) var missingEvents = 0
    /// Sequences that were passed over when the store was restored from a snapshot, in order; almost
    /// always none. That before the first part is among them.
    private(set) var skipped: [SequenceRange]

    /// - Parameter parts: the last one is a log.
    init(_ parts: [StorePart]) {
        precondition(parts.last?.log != nil, "a store has a log to write to")
        all = parts
        probes = ProbeTable(parts)
        skipped = parts.compactMap(\.skipped)
        for part in parts.dropLast() { count(part) }
        countSealed()
    }

    /// The log that is being written.
    var active: LogFile {
        guard let log = all[all.count - 1].log else {
            preconditionFailure("the last part is a log")
        }
        return log
    }

    /// The first one unless it is being written.
    var firstClosed: StorePart? { all.count > 1 ? all[0] : nil }

    /// Whether it is there or retention left it out.
    var firstSequence: Sequence { all[0].firstSequence }

    /// From here on ids are in the index in memory; before it they are in the segments alone.
    var firstLogged: Sequence { all[sealedCount].firstSequence }

    /// When the first part was begun; nil when nothing is stored.
    var oldestRecordedAt: Timestamp? { all.lazy.compactMap(\.oldestRecordedAt).first }

    var bytes: Int { closedBytes + active.extent.end }

    var segmentCount: Int { all.reduce(0) { $0 + ($1.segment == nil ? 0 : 1) } }

    /// The oldest log that gets no more events and may be sealed.
    var firstSealable: LogFile? {
        for part in all[sealedCount...].dropLast() {
            if let log = part.log, log.isSealable { return log }
        }
        return nil
    }

    /// The part with that sequence, or with the last one before it; nil before the first part.
    func part(holding sequence: Sequence) -> StorePart? {
        let behind = all.partitionIndex { $0.firstSequence > sequence }
        return behind == 0 ? nil : all[behind - 1]
    }

    /// The part that begins with that sequence.
    func part(startingAt sequence: Sequence) -> StorePart? {
        let index = all.partitionIndex { $0.firstSequence >= sequence }
        guard index < all.count, all[index].firstSequence == sequence else { return nil }
        return all[index]
    }

    /// The first skipped range that does not end before `sequence`.
    func skipped(atOrAfter sequence: Sequence) -> SequenceRange? {
        skipped.first { $0.last >= sequence }
    }

    /// Sequences from `oldest` on of which no event is there: that of a first readable event, so none
    /// that was skipped. About: those in a segment in which `oldest` lies count too.
    func missingEvents(from oldest: Sequence) -> Int {
        skipped.reduce(missingEvents) {
            $0 + ($1.first >= oldest ? Int($1.last.rawValue - $1.first.rawValue) + 1 : 0)
        }
    }

    /// Those that may hold something recorded at `time` or later.
    func recorded(since time: Timestamp) -> ArraySlice<StorePart> {
        all[all.partitionIndex { $0.newestRecordedAt >= time }...]
    }
}

extension StoreParts {
    /// Ends the last log and begins the next one behind it.
    mutating func append(_ log: LogFile) {
        precondition(log.header.firstSequence == active.extent.lastSequence.next)
        count(all[all.count - 1])
        all.append(.log(log))
        probes.append(.log(log))
    }

    /// Puts a part into the place of the one that begins with the same sequence.
    mutating func replace(by part: StorePart) {
        let index = all.partitionIndex { $0.firstSequence >= part.firstSequence }
        precondition(
            index < all.count - 1 && all[index].firstSequence == part.firstSequence
                && all[index].lastSequence == part.lastSequence,
            "a part is replaced by one of the same sequences")
        count(all[index], times: -1)
        all[index] = part
        probes.replace(at: index, by: part)
        count(part)
        countSealed()
    }

    /// Never the last one.
    mutating func removeFirst() {
        precondition(all.count > 1, "a store has a log to write to")
        let part = all.removeFirst()
        probes.removeFirst()
        count(part, times: -1)
        if part.skipped != nil { skipped.removeFirst() }
        countSealed()
    }

    /// After a search has read filters.
    mutating func noteFilters() {
        for (index, part) in all.enumerated() where probes.isBehind(part, at: index) {
            probes.replace(at: index, by: part)
        }
    }

    private mutating func count(_ part: StorePart, times: Int = 1) {
        closedBytes += times * part.bytes
        missingEvents += times * part.missingEvents
    }

    private mutating func countSealed() {
        sealedCount = all.firstIndex { $0.log != nil } ?? all.count
    }
}
