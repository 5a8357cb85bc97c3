import NIOCore

/// What a connection does when time has passed.
extension HTTP2Connection {
    // MARK: The connection's life

    func startLife() {
        let now = NIODeadline.now()
        life = ConnectionLife(
            rules.life, limits: limits, now: now, jitter: .random(in: -1...1))
        armLife()
    }

    /// A read ended within a header list.
    func headerBlockBegan(_ number: Int) {
        life?.headerBlockBegan(number, at: .now())
        armLife()
    }

    private func armLife() {
        guard let life, context != nil else { return }
        lifeTimer.fire(by: life.nextLook, on: eventLoop, Timer(connection: self, kind: .life))
    }

    fileprivate func look() {
        lifeTimer.hasFired()
        let now = NIODeadline.now()
        beginBatch()
        while context != nil, !isBroken, !isFinished, let step = life?.look(at: now, facts) {
            switch step {
            case .ping: session.submitPing(.keepalive)
            case .drain(let end): drain(for: end)
            case .endStalledCalls: endStalledCalls()
            case .close(let end): self.end(for: end)
            }
        }
        endBatch()
        if !isFinished { armLife() }
    }

    private var facts: ConnectionLife.Facts {
        var facts = ConnectionLife.Facts(
            reads: reads, hasSettings: hasSettings, openCalls: session.openStreamCount,
            hasWaitingBytes: waiting.awaitsPeer, changes: waiting.changes)
        complete(&facts)
        return facts
    }

    // MARK: Deadlines of calls

    /// One timer serves every stream: it is set for the earliest deadline, and finds out when it fires which are left.
    func watch(_ deadline: NIODeadline) {
        guard context != nil else { return }
        deadlineTimer.fire(
            by: deadline, on: eventLoop, Timer(connection: self, kind: .deadline))
    }

    fileprivate func deadlineReached() {
        deadlineTimer.hasFired()
        let now = NIODeadline.now()
        var next = NIODeadline.distantFuture
        beginBatch()
        for stream in session.openStreams {
            // Every stream of a connection is made by `openStream` or by a client call.
            let stream = unsafeDowncast(stream, to: MessageStream.self)
            guard let deadline = stream.deadline else { continue }
            if deadline <= now {
                stream.timedOut()
            } else {
                next = min(next, deadline)
            }
        }
        watch(next)
        endBatch()
    }
}

private struct Timer: NIOScheduledCallbackHandler {
    enum Kind {
        case life
        case deadline
    }

    let connection: HTTP2Connection
    let kind: Kind

    func handleScheduledCallback(eventLoop: some EventLoop) {
        switch kind {
        case .life: connection.look()
        case .deadline: connection.deadlineReached()
        }
    }
}
