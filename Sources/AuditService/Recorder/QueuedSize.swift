/// How much something is that waits for the committer.
struct QueuedSize: Hashable, Sendable {
    var events: Int
    var bytes: Int

    static let zero = QueuedSize(events: 0, bytes: 0)

    func fits(in max: QueuedSize) -> Bool { events <= max.events && bytes <= max.bytes }

    static func + (left: Self, right: Self) -> Self {
        QueuedSize(events: left.events + right.events, bytes: left.bytes + right.bytes)
    }

    static func - (left: Self, right: Self) -> Self {
        QueuedSize(events: left.events - right.events, bytes: left.bytes - right.bytes)
    }
}
