import AuditModel

/// What a repair does about what it found. Made of values alone; reads no file and no clock.
///
/// Whatever is replaced was set aside before. Then each step leaves a folder that a start refuses, or one
/// that serves everything that can be served: after an interruption a repair begins anew and comes to the
/// same end. So the next log goes first, because it remembers which sequences were given out; files
/// that others stand for go last.
struct RepairPlan: Hashable, Sendable {
    struct Write: Hashable, Sendable {
        /// The range that the new segment stands for.
        var sequences: SequenceRange
        /// Where its events are; nil for a segment without events.
        var source: RepairFile?
        /// Nil when it follows from the events.
        var recordedAt: ClosedRange<Timestamp>?
        /// As the file before said it.
        var skipped: SequenceRange?
    }

    enum Step: Hashable, Sendable {
        case beginLog(
            first: Sequence, recordedAtFloor: Timestamp, skipped: SequenceRange? = nil)
        case write(Write)
        case remove(String)
    }

    /// What is wrong, in sentences.
    var findings: [String] = []
    /// Paths that get a second name in the folder of damaged files.
    var setAside: [String] = []
    var steps: [Step] = []
    /// Paths of the lists, `LOST` and `SNAPSHOT`, that are written anew.
    var relisted: [String] = []
    /// Events that are gone.
    var lost: [SequenceRange] = []
    /// The first sequence that is left.
    var first: Sequence = .zero

    /// - Parameters:
    ///   - files: in the order of their names.
    ///   - snapshot: what the folder held as a snapshot that no server was started on yet; nil for any
    ///     other folder.
    ///   - now: the recorded_at floor of a new log when no file has any.
    ///
    /// Throws `damaged` with advice when there is no sound way.
    init(
        _ files: [RepairFile], snapshot: SnapshotMarker.Content? = nil, now: Timestamp
    ) throws(StoreError) {
        var walk = Walk(now: now)
        var files = files
        if let snapshot, let begins = files.first.map({ $0.skipped?.first ?? $0.first }) {
            if snapshot.first < begins { walk.expected = snapshot.first }
            files[files.count - 1].extend(to: snapshot)
        }
        first = walk.expected ?? files.first?.first ?? .zero
        for (number, file) in files.enumerated() {
            walk.following = files[number...].lazy.compactMap(\.recordedAt?.lowerBound).first
            try walk.pass(file, isLast: number == files.count - 1)
        }
        findings = walk.findings
        setAside = walk.setAside
        lost = walk.lost
        steps = walk.begun + walk.written.map { .write($0) } + walk.removed.map { .remove($0) }
        guard lost.count <= Limits.lostRangesMax else {
            throw RepairPlan.refusal(
                "events are missing in more than \(Limits.lostRangesMax) places",
                "Restore the damaged files from a backup", files[0].path, lost[0])
        }
    }

    /// From file to file.
    private struct Walk {
        let now: Timestamp
        var findings: [String] = []
        var setAside: [String] = []
        var begun: [Step] = []
        var written: [Write] = []
        var removed: [String] = []
        var lost: [SequenceRange] = []
        /// Where the next file is to begin; nil before the first.
        var expected: Sequence?
        var newest: Timestamp?
        /// recorded_at of what comes next, as far as any file knows.
        var following: Timestamp?
        /// What was skipped before files that are replaced, by the names of these: whatever takes such a
        /// name says it.
        private var skips: [Sequence: SequenceRange] = [:]

        init(now: Timestamp) { self.now = now }

        /// For what has no time of its own: not before what precedes it, not after what follows.
        private var time: Timestamp { newest ?? following ?? now }

        mutating func pass(_ file: RepairFile, isLast: Bool) throws(StoreError) {
            try connect(file)
            guard !isLast || file.kind == .log else { throw RepairPlan.newestIsMissing(file) }
            findings += file.findings
            if let range = file.recordedAt {
                guard range.lowerBound >= newest ?? range.lowerBound else {
                    throw RepairPlan.refusal(
                        "recorded_at decreases before \(file.path)", RepairPlan.strangerAdvice,
                        file.path, SequenceRange(first: file.first, last: file.first))
                }
            }
            if !file.findings.isEmpty || file.isTorn && !isLast {
                if file.findings.isEmpty {
                    findings.append("\(file.path): a write was not finished, and is not the last")
                }
                try replace(file, isLast: isLast)
            }
            newest = file.recordedAt?.upperBound ?? newest
            expected = max(expected ?? file.first, file.through.next)
            if isLast, let last = file.atMost { expected = last.next }
        }

        /// Stands for what is missing before a file.
        private mutating func connect(_ file: RepairFile) throws(StoreError) {
            guard let expected else { return }
            let begins = file.skipped?.first ?? file.first
            if begins < expected {
                throw RepairPlan.refusal(
                    "sequences are there twice before \(file.path)", RepairPlan.strangerAdvice,
                    file.path, SequenceRange(first: begins, last: expected.previous))
            }
            guard begins > expected else { return }
            let hole = SequenceRange(first: expected, last: begins.previous)
            if file.mayHaveSkipped(hole) {
                skips[file.first] = hole
                findings.append(
                    "\(file.path): that sequences \(hole), before it, were skipped when the store was "
                        + "restored follows from its name alone")
                return
            }
            findings.append("events \(hole) are missing before \(file.path)")
            try fill(hole, recordedAt: time, file.path)
        }

        private mutating func replace(_ file: RepairFile, isLast: Bool) throws(StoreError) {
            setAside += [file.path] + file.replaces
            lost += file.lost
            if let skipped = file.skipped { skips[file.first] = skipped }
            let last = isLast ? file.atMost ?? file.through : file.through
            let newest = file.recordedAt?.upperBound ?? time
            if isLast {
                // When nothing was in it, the new one takes its name.
                let isEmpty = last < file.first
                begun.append(
                    .beginLog(
                        first: last.next, recordedAtFloor: newest,
                        skipped: isEmpty ? skips[file.first] : nil))
                guard !isEmpty else { return }
            }
            if file.through >= file.first {
                let range = SequenceRange(first: file.first, last: file.through)
                guard range.last.rawValue - range.first.rawValue < UInt64(Row.max) else {
                    throw RepairPlan.refusal(
                        "\(file.path) claims more sequences than a segment can have",
                        RepairPlan.strangerAdvice, file.path, range)
                }
                written.append(
                    Write(
                        sequences: range, source: file.events == 0 ? nil : file,
                        recordedAt: file.kind == .segment || file.events == 0
                            ? file.recordedAt ?? newest...newest : nil,
                        skipped: skips[file.first]))
            }
            if isLast, last > file.through {
                let tail = SequenceRange(first: file.through.next, last: last)
                findings.append("\(file.path): events \(tail), at most, were behind that")
                try fill(tail, recordedAt: newest, file.path)
            }
            if file.kind == .log { removed.append(file.path) }
        }

        /// Segments without events for a range.
        private mutating func fill(
            _ range: SequenceRange, recordedAt: Timestamp, _ path: String
        ) throws(StoreError) {
            lost.append(range)
            var first = range.first
            var fillers = 0
            while first <= range.last {
                guard fillers < Limits.fillersMax else {
                    throw RepairPlan.refusal(
                        "more sequences are missing before \(path) than were ever given out",
                        RepairPlan.strangerAdvice, path, range)
                }
                let rows = min(range.last.rawValue - first.rawValue, UInt64(Row.max) - 1)
                let last = Sequence(first.rawValue + rows)
                written.append(
                    Write(
                        sequences: SequenceRange(first: first, last: last),
                        recordedAt: recordedAt...recordedAt, skipped: skips[first]))
                fillers += 1
                first = last.next
            }
        }
    }

    private static let strangerAdvice = """
        The file is of another store, or of another time: move it out of the folder, or restore the \
        right one from a backup, and repair again
        """

    private static func newestIsMissing(_ file: RepairFile) -> StoreError {
        let next = file.through.next
        return refusal(
            "the log of the newest events is missing behind \(file.path)",
            """
            How many sequences were given out behind it is not known, so that they would be given \
            twice. Restore the log from a backup, or restore a whole snapshot
            """, file.path, SequenceRange(first: next, last: next))
    }

    private static func refusal(
        _ what: String, _ advice: String, _ path: String, _ sequences: SequenceRange
    ) -> StoreError {
        StoreError(
            .damaged, "\(what). Nothing was changed. \(advice)",
            damage: StoreError.Damage(file: path, offset: 0, sequences: sequences))
    }
}
