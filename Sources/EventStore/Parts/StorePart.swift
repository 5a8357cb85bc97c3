import AuditModel

/// One of the files that hold the events: a sealed segment, or a log that is none yet.
enum StorePart: Sendable {
    case sealed(Segment)
    case log(LogFile)
}

extension StorePart {
    var firstSequence: Sequence {
        switch self {
        case .sealed(let segment): segment.bounds.sequences.first
        case .log(let log): log.header.firstSequence
        }
    }

    /// The sequences right before the first that a restored store passed over; nil where it
    /// continues the part before.
    var skipped: SequenceRange? {
        switch self {
        case .sealed(let segment): segment.bounds.skipped
        case .log(let log): log.header.skipped
        }
    }

    /// Of a log: so far; the one before its first when it is empty.
    var lastSequence: Sequence {
        switch self {
        case .sealed(let segment): segment.bounds.sequences.last
        case .log(let log): log.extent.lastSequence
        }
    }

    /// Nothing in it was recorded before; nil of an empty log.
    var oldestRecordedAt: Timestamp? {
        switch self {
        case .sealed(let segment): segment.bounds.recordedAt.lowerBound
        case .log(let log): log.oldestRecordedAt
        }
    }

    /// Likewise; of a log: what its header promises.
    var recordedAtFloor: Timestamp {
        switch self {
        case .sealed(let segment): segment.bounds.recordedAt.lowerBound
        case .log(let log): log.header.recordedAtFloor
        }
    }

    /// Nothing in it was recorded later, and nothing behind it before. Of an empty log: its floor.
    var newestRecordedAt: Timestamp {
        switch self {
        case .sealed(let segment): segment.bounds.recordedAt.upperBound
        case .log(let log): log.extent.newestRecordedAt
        }
    }

    /// Of the file; of a log without the zeros behind its last frame.
    var bytes: Int {
        switch self {
        case .sealed(let segment): segment.bounds.fileBytes
        case .log(let log): log.extent.end
        }
    }

    /// Those that are there: retention may have left some out of a segment.
    var events: Int {
        switch self {
        case .sealed(let segment): segment.bounds.events
        case .log(let log): sequenceCount(log.header.firstSequence, log.extent.lastSequence)
        }
    }

    /// Sequences of events that retention left out.
    var missingEvents: Int {
        switch self {
        case .sealed(let segment): segment.rowEnd - segment.bounds.events
        case .log: 0
        }
    }

    var path: String {
        switch self {
        case .sealed(let segment): segment.path
        case .log(let log): log.path
        }
    }

    var log: LogFile? {
        guard case .log(let log) = self else { return nil }
        return log
    }

    var segment: Segment? {
        guard case .sealed(let segment) = self else { return nil }
        return segment
    }

    private func sequenceCount(_ first: Sequence, _ last: Sequence) -> Int {
        Int(last.rawValue + 1 - first.rawValue)
    }
}
