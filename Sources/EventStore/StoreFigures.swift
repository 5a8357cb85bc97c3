package import AuditModel
internal import Synchronization

/// What sweeps and the size cap did since the store was opened.
package struct StoreTotals: Hashable, Sendable {
    /// When the last sweep ended; nil before the first.
    package var sweptAt: Timestamp?
    /// What retention let go.
    package var sweptEvents = 0
    package var sweptBytes = 0
    /// What the size cap let go.
    package var droppedEvents = 0
    package var droppedBytes = 0
}

/// The files of a store at one moment, and what became of others.
package struct StoreFigures: Hashable, Sendable {
    package var segments = 0
    package var logs = 0
    /// Of the files; of logs without the zeros behind the last frame.
    package var segmentBytes = 0
    package var logBytes = 0
    /// Events in segments, and the bytes that they had before they were compressed.
    package var sealedEvents = 0
    package var sealedEventBytes = 0
    /// Logs that get no more events and wait to be sealed.
    package var sealableLogs = 0
    /// Logs that stay as they are, since a part of them cannot be read.
    package var damagedLogs = 0
    /// Events that a repair could not save.
    package var lostEvents: UInt64 = 0
    package var totals = StoreTotals()
}

extension EventStore {
    /// Touches no disk; the work grows with the number of files.
    package var figures: StoreFigures {
        let (parts, totals) = published.withLock { ($0.parts, $0.totals) }
        var figures = StoreFigures(totals: totals)
        for part in parts.all {
            switch part {
            case .sealed(let segment):
                figures.segments += 1
                figures.segmentBytes += segment.bounds.fileBytes
                figures.sealedEvents += segment.bounds.events
                figures.sealedEventBytes += segment.bounds.eventBytes
            case .log(let log):
                figures.logs += 1
                figures.logBytes += log.extent.end
                guard log !== parts.active else { continue }
                if log.isSealable { figures.sealableLogs += 1 } else { figures.damagedLogs += 1 }
            }
        }
        let oldest = bounds.oldest
        figures.lostEvents = lost.from(oldest).ranges.reduce(0) {
            $0 + ($1.last.rawValue - $1.first.rawValue + 1)
        }
        return figures
    }
}
