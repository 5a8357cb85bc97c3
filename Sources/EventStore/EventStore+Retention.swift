package import AuditModel
internal import Synchronization

extension EventStore {
    /// Hides every event that is older than the retention: bounds and reads begin behind them from
    /// now on, whatever the clock says later.
    ///
    /// Reads the disk on the caller's thread when something expired since the last call (at most
    /// the index block in which retention ends), and nothing otherwise. For threads that may wait:
    /// those of reads, and the one that sweeps. What may not wait asks `bounds`.
    ///
    /// - Parameters:
    ///   - now: of the wall clock.
    ///   - uptime: of a clock that only counts time that passed, from any start. See `SteadyClock`.
    package func hideExpired(now: Timestamp, uptime: Duration) {
        hide(at: clock.withLock { $0.time(wall: now, uptime: uptime).now })
    }

    /// Moves the floor of each age behind what was recorded too long ago.
    func hide(at now: Timestamp) {
        let (due, head) = published.withLock { ($0.retention.due(at: now), $0.head) }
        for age in due {
            let first = firstEvent(recordedSince: age.cutoff)
            published.withLock { published in
                // `head` was read before the search, so that a frame appended meanwhile stays visible.
                published.retention.hide(
                    age, below: first?.sequence ?? head.next,
                    recordedAt: first?.recordedAt
                        ?? (published.head > head ? published.newestRecordedAt : nil))
            }
        }
    }

    /// Decides anew how long events are kept; in force when it returns, for reads too.
    ///
    /// A shorter age hides at once. A longer one shows again what no sweep has removed yet. Waits for
    /// the file that a sweep or a seal is writing at the moment.
    /// Throws `invalidConfiguration` or `closed`; then nothing has changed.
    package func setRetention(
        _ rules: RetentionRules, now: Timestamp, uptime: Duration
    ) throws(StoreError) {
        try rules.check()
        var (state, head) = retentionState(under: rules, now: now, uptime: uptime)
        // All at once: nothing that stays hidden is seen in between. Alone, so that a sweep under way
        // removes nothing by the rules before.
        try maintaining { _ throws(StoreError) in
            published.withLock { published in
                if published.head > head { state.appended(recordedAt: published.newestRecordedAt) }
                state.removed(through: published.parts.firstSequence.previous)
                state.drop(below: published.retention.capFloor, in: published.parts)
                published.retention = state
            }
        }
    }

    /// The oldest sequence that would be shown of an organization (nil: of all) under other rules.
    package func oldest(
        of organization: [UInt8]?, under rules: RetentionRules, now: Timestamp, uptime: Duration
    ) -> Sequence {
        retentionState(under: rules, now: now, uptime: uptime).state.visibility
            .floor(of: organization)
    }

    /// What the rules show of what is on disk, and the newest sequence that was looked at.
    private func retentionState(
        under rules: RetentionRules, now: Timestamp, uptime: Duration
    ) -> (state: RetentionState, head: Sequence) {
        let (now, _) = clock.withLock { $0.time(wall: now, uptime: uptime) }
        let (parts, head, capFloor) = published.withLock {
            ($0.parts, $0.head, $0.retention.capFloor)
        }
        var state = RetentionState(
            CompiledRetention(rules), oldest: parts.firstSequence,
            recordedAt: parts.oldestRecordedAt)
        // What the size cap let go stays hidden, whatever the rules.
        state.drop(below: capFloor, in: parts)
        for age in state.due(at: now) {
            let first = firstEvent(recordedSince: age.cutoff)
            state.hide(age, below: first?.sequence ?? head.next, recordedAt: first?.recordedAt)
        }
        return (state, head)
    }
}
