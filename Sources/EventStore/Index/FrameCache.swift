import AuditModel
internal import Synchronization

/// The frames that were read last by sequence or id: a retried batch asks for each of its events.
final class FrameCache: Sendable {
    private let frames = Mutex<[EventBatch]>([])

    func batch(holding sequence: Sequence) -> EventBatch? {
        frames.withLock { frames in
            frames.last { $0.firstSequence <= sequence && sequence <= $0.lastSequence }
        }
    }

    /// Adds it as the newest and lets the oldest go that are too many.
    func insert(_ batch: EventBatch) {
        guard batch.residentBytes <= Limits.cachedFrameBytesMax else { return }
        frames.withLock { frames in
            frames.append(batch)
            var bytes = frames.reduce(0) { $0 + $1.residentBytes }
            while frames.count > Limits.cachedFrames || bytes > Limits.cachedFrameBytesMax {
                bytes -= frames.removeFirst().residentBytes
            }
        }
    }
}
