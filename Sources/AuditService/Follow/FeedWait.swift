import Synchronization

/// What a subscription waits for from the reading thread: it is given once, and to nobody any more once
/// it was cancelled.
final class FeedWait<Answer: Sendable>: Sendable {
    private struct Ends {
        var done: @Sendable (Answer) -> Void
        var leave: @Sendable (FeedWait) -> Void
    }

    private let ends: Mutex<Ends?>

    /// - Parameters:
    ///   - leave: takes it out of the queue that it waits in.
    ///   - done: gets the answer, on the reading thread.
    init(
        leave: @escaping @Sendable (FeedWait) -> Void,
        done: @escaping @Sendable (Answer) -> Void
    ) {
        ends = Mutex(Ends(done: done, leave: leave))
    }

    /// It was neither given nor cancelled yet.
    var isWanted: Bool { ends.withLock { $0 != nil } }

    /// Nobody wants it any more. Lets go at once of what the answer would have reached, which may be
    /// a whole connection, also while a reading for others goes on.
    func cancel() { takeEnds()?.leave(self) }

    func give(_ answer: Answer) { takeEnds()?.done(answer) }

    private func takeEnds() -> Ends? {
        ends.withLock { ends in
            defer { ends = nil }
            return ends
        }
    }
}

extension FeedWait: Hashable {
    static func == (left: FeedWait, right: FeedWait) -> Bool { left === right }

    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
