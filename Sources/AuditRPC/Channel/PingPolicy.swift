import NIOCore

/// Counts a client's PINGs that come too early, and forgets them when it is sent an answer (gRPC proposal A8).
struct PingPolicy: Equatable {
    private let interval: TimeAmount
    private let earlyMax: Int
    private var last: NIODeadline?
    private var early = 0
    private var answersSeen = 0

    init(interval: TimeAmount, earlyMax: Int) {
        self.interval = interval
        self.earlyMax = earlyMax
    }

    /// False when the connection shall end.
    ///
    /// - Parameter answers: a number that grows with the frames of answers that the client is sent.
    mutating func receivePing(at now: NIODeadline, answers: Int) -> Bool {
        defer { last = now }
        if answers != answersSeen {
            answersSeen = answers
            early = 0
            return true
        }
        guard let last, now < last + interval else { return true }
        early += 1
        return early <= earlyMax
    }
}
