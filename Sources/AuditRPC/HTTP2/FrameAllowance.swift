import NIOCore

/// What a connection's peer may still cost with frames that carry nothing: a bucket that fills with time, and with the
/// answers that the peer gets, because a reader sends WINDOW_UPDATE and PING for what it reads.
///
/// The clock is asked only when the bucket is empty, so that an honest peer costs a subtraction now and then.
struct FrameAllowance: Sendable {
    /// Units for each answer frame: two WINDOW_UPDATE (stream and connection) and a PING.
    private static let unitsPerAnswer =
        2 * FrameFlood.windowUpdates.cost + FrameFlood.pings.cost

    private let unitsMax: Int
    private let unitsPerSecond: Int
    private(set) var unitsLeft: Int
    private var filledAt: NIODeadline
    private var answersSeen = 0

    init(unitsMax: Int, unitsPerSecond: Int, now: NIODeadline) {
        self.unitsMax = unitsMax
        self.unitsPerSecond = unitsPerSecond
        unitsLeft = unitsMax
        filledAt = now
    }

    /// True when the bucket had that much. False: only `replenish` can say whether it is too much.
    mutating func spend(_ units: Int) -> Bool {
        unitsLeft -= units
        return unitsLeft >= 0
    }

    /// Fills up what came together since the last time; false when that does not pay what was spent.
    mutating func replenish(at now: NIODeadline, answers: Int) -> Bool {
        // A pause of any length fills it once, and must not overflow.
        let microseconds = min(Int((now - filledAt).nanoseconds / 1_000), 1_000_000_000)
        let earned =
            microseconds * unitsPerSecond / 1_000_000
            + min(answers &- answersSeen, unitsMax) * Self.unitsPerAnswer
        unitsLeft = min(unitsLeft + earned, unitsMax)
        filledAt = now
        answersSeen = answers
        return unitsLeft >= 0
    }
}
