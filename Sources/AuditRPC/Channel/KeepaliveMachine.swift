import NIOCore

/// Asks a silent peer whether it is there, and gives it up when it says nothing (gRPC proposals A8 and A9).
struct KeepaliveMachine: Equatable {
    enum Step: Equatable {
        case ping
        /// The peer did not answer.
        case giveUp
    }

    private enum State: Equatable {
        case listening(QuietWatch)
        case waiting(reads: Int, until: NIODeadline)
        case gone
    }

    private let keepalive: RPCKeepalive
    private var state: State

    init(_ keepalive: RPCKeepalive, now: NIODeadline) {
        self.keepalive = keepalive
        state = .listening(QuietWatch(keepalive.time, from: now))
    }

    /// When `look` has something to find out next.
    var nextLook: NIODeadline {
        switch state {
        case .listening(let watch): watch.nextLook
        case .waiting(_, let until): until
        case .gone: .distantFuture
        }
    }

    /// - Parameters:
    ///   - reads: a number that grows with everything that arrives: any frame shows that the peer is there.
    ///   - hasCalls: whether calls are open.
    mutating func look(at now: NIODeadline, reads: Int, hasCalls: Bool) -> Step? {
        switch state {
        case .listening(var watch):
            let isSilent = watch.hasStoodStill(at: now, reads)
            state = .listening(watch)
            guard isSilent, hasCalls || keepalive.withoutCalls else { return nil }
            state = .waiting(reads: reads, until: now + keepalive.timeout)
            return .ping
        case .waiting(let before, let until):
            if reads != before {
                state = .listening(QuietWatch(keepalive.time, from: now, at: reads))
            } else if now >= until {
                state = .gone
                return .giveUp
            }
            return nil
        case .gone: return nil
        }
    }
}
