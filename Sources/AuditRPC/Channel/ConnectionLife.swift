import NIOCore

/// Decides when a peer is asked whether it is there, and when a connection ends for its age, its idleness or because
/// nothing moves on it any more. One timer serves all of it: it fires at `nextLook`, and is asked what to do.
struct ConnectionLife {
    enum Step: Equatable {
        case ping
        /// No new calls, please; those under way may finish.
        case drain(ConnectionEnd)
        /// Calls that wait for the peer and have not moved since this step came last.
        case endStalledCalls
        case close(ConnectionEnd)
    }

    /// What the connection has counted so far. Those that grow never shrink.
    struct Facts: Equatable {
        /// Grows with everything that arrives.
        var reads = 0
        /// The peer has begun HTTP/2.
        var hasSettings = true
        var openCalls = 0
        /// Grows with each call that begins.
        var calls = 0
        /// The number of the header list that is not whole yet; nil when none is under way.
        var headerBlock: Int?
        /// Bytes wait for the peer: the rest of a message, or an answer that nobody takes.
        var hasWaitingBytes = false
        /// Grows whenever what waits becomes more or less.
        var changes = 0
    }

    private enum Age: Equatable {
        case young(until: NIODeadline)
        case asked(until: NIODeadline)
        case over
    }

    private var handshakeEnd: NIODeadline?
    private let ageGrace: TimeAmount
    private var keepalive: KeepaliveMachine?
    private var age: Age
    private var idle: QuietWatch?
    private var stall: QuietWatch
    private let headerTime: TimeAmount
    private var headerBlock: (number: Int, until: NIODeadline)?

    /// - Parameter jitter: from -1 to 1, at random: how much of `ageJitter` applies.
    init(_ life: RPCConnectionLife, limits: RPCLimits, now: NIODeadline, jitter: Double) {
        handshakeEnd = now + limits.handshakeTime
        keepalive = life.keepalive.map { KeepaliveMachine($0, now: now) }
        age = .over
        if let ageMax = life.ageMax {
            let share = 1 + life.ageJitter * jitter
            let time = TimeAmount.nanoseconds(Int64(Double(ageMax.nanoseconds) * share))
            age = .young(until: now + time)
        }
        ageGrace = life.ageGrace
        idle = life.idleMax.map { QuietWatch($0, from: now) }
        stall = QuietWatch(limits.stallTime, from: now)
        headerTime = limits.headerTime
    }

    /// When `look` may have something to do next.
    var nextLook: NIODeadline {
        var next = min(stall.nextLook, handshakeEnd ?? .distantFuture)
        next = min(next, keepalive?.nextLook ?? .distantFuture)
        next = min(next, idle?.nextLook ?? .distantFuture)
        next = min(next, headerBlock?.until ?? .distantFuture)
        switch age {
        case .young(let until), .asked(let until): return min(next, until)
        case .over: return next
        }
    }

    /// A read ended within a header list: the peer has so long for the rest of it.
    mutating func headerBlockBegan(_ number: Int, at now: NIODeadline) {
        guard headerBlock?.number != number else { return }
        headerBlock = (number, now + headerTime)
    }

    /// What is due. Ask again until the answer is nil.
    mutating func look(at now: NIODeadline, _ facts: Facts) -> Step? {
        if let step = lookAtPatience(now, facts) { return step }
        let hasCalls = facts.openCalls > 0
        switch keepalive?.look(at: now, reads: facts.reads, hasCalls: hasCalls) {
        case .ping: return .ping
        case .giveUp: return .close(.silent)
        case nil: break
        }
        let isStallDue = now >= stall.nextLook
        if stall.hasStoodStill(at: now, facts.changes), facts.hasWaitingBytes {
            return .close(.stalled)
        }
        if isStallDue, hasCalls { return .endStalledCalls }
        // Grows with each call's begin and with its end.
        let activity = 2 * facts.calls - facts.openCalls
        if idle?.hasStoodStill(at: now, activity) == true, !hasCalls { return .drain(.idle) }
        return lookAtAge(now)
    }

    /// What a peer has begun, and has so much time for.
    private mutating func lookAtPatience(_ now: NIODeadline, _ facts: Facts) -> Step? {
        if let end = handshakeEnd {
            if facts.hasSettings || now >= end { handshakeEnd = nil }
            if !facts.hasSettings, now >= end { return .close(.handshake) }
        }
        if let block = headerBlock {
            if facts.headerBlock != block.number {
                headerBlock = nil
            } else if now >= block.until {
                headerBlock = nil
                return .close(.slowHeaders)
            }
        }
        return nil
    }

    private mutating func lookAtAge(_ now: NIODeadline) -> Step? {
        switch age {
        case .young(let until) where now >= until:
            age = .asked(until: now + ageGrace)
            return .drain(.aged)
        case .asked(let until) where now >= until:
            age = .over
            return .close(.aged)
        default: return nil
        }
    }
}
