import AuditModel

/// What was found of one file: what a plan is made of.
struct RepairFile: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case log
        case segment
    }

    var kind: Kind
    var path: String
    /// Its name.
    var first: Sequence
    /// The end of what is known of it: events through this one can be read, are in `lost`, or were
    /// taken by retention. The one before `first` when nothing is known.
    var through: Sequence
    /// Those that can be read.
    var events = 0
    var lost: [SequenceRange] = []
    /// Of its events; of a log from its floor on. Nil when nothing is known.
    var recordedAt: ClosedRange<Timestamp>?
    /// Of a log with an end that cannot be read: events through this one may have been there.
    var atMost: Sequence?
    /// Of a log: it ends in a write that was never answered, which a start removes from the last one.
    var isTorn = false
    /// What is wrong, in sentences; empty when it is whole.
    var findings: [String] = []
    /// The sequences right before `first` that a restored store passed over: none is missing there.
    var skipped: SequenceRange?
    /// Files that this one stands for, to be set aside with it.
    var replaces: [String] = []

    var name: String { FolderPath.name(of: path) }
}

extension RepairFile {
    init(_ log: LogSalvage.Found, _ path: String, _ first: Sequence) {
        self.init(
            kind: .log, path: path, first: first, through: log.through, events: log.events,
            lost: log.lost)
        skipped = log.skipped
        if let floor = log.floor {
            recordedAt = floor...max(floor, log.recordedAt?.upperBound ?? floor)
        }
        if log.floor == nil {
            findings.append("\(path): the header is gone, and nothing in the file can be read")
        }
        if log.isMended { findings.append("\(path): a byte of the header has changed") }
        for range in log.lost {
            findings.append("\(path): events \(range) cannot be read")
        }
        switch log.end {
        case .clean: break
        case .torn: isTorn = true
        case .unreadable(let last):
            atMost = last
            if log.floor != nil {
                findings.append("\(path): nothing behind event \(log.through) can be read")
            }
        }
    }

    init(
        _ segment: SegmentSalvage.Found, _ path: String, _ first: Sequence, _ report: SegmentReport
    ) {
        self.init(
            kind: .segment, path: path, first: first, through: segment.through,
            events: segment.events, lost: segment.lost, recordedAt: segment.recordedAt)
        skipped = segment.skipped
        findings = report.findings.prefix(Limits.findingsPerFile).map(\.error.message)
        if report.findings.count > Limits.findingsPerFile {
            findings.append(
                "\(path): and \(report.findings.count - Limits.findingsPerFile) places more")
        }
    }

    init(whole bounds: SegmentBounds, _ path: String) {
        self.init(
            kind: .segment, path: path, first: bounds.sequences.first,
            through: bounds.sequences.last, events: bounds.events, recordedAt: bounds.recordedAt)
        skipped = bounds.skipped
    }
}

extension RepairFile {
    /// Whether all sequences of a hole before it can have been skipped when a store was restored: nothing
    /// but the name is left of the file, the name is one that a restored store begins with, and so many were
    /// never given out.
    func mayHaveSkipped(_ hole: SequenceRange) -> Bool {
        recordedAt == nil && through < first && skipped == nil
            && first.rawValue % Limits.restoredSequenceGrain == 1
            && (hole.last.rawValue - hole.first.rawValue) / UInt64(Row.max)
                >= UInt64(Limits.fillersMax)
    }

    /// Of the last file of a snapshot: says what is missing behind it, which the snapshot had.
    mutating func extend(to snapshot: SnapshotMarker.Content) {
        guard kind == .log, through < snapshot.head else { return }
        atMost = snapshot.head
        findings.append("\(path): the snapshot had events through \(snapshot.head)")
    }

    /// Whether it is the log that a start of the snapshot began and that nothing is wrong with: then the
    /// snapshot is a store already, but for the removal of its marker.
    func isBegun(of snapshot: SnapshotMarker.Content) -> Bool {
        guard kind == .log, through < first, findings.isEmpty, let skipped else { return false }
        return Restoration.wasBegun(skipping: skipped, snapshot)
    }
}
