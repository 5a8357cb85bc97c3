package import AuditModel
import EventStore
import Glibc

extension Timestamp {
    /// The wall clock (clock_gettime, CLOCK_REALTIME).
    package static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(
            nanosecondsSinceEpoch: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}

extension Duration {
    private static let start = ContinuousClock.now

    /// Time that passed since the process first asked, whatever the wall clock did meanwhile.
    static var sinceStart: Duration { ContinuousClock.now - start }
}

extension EventStore {
    /// What may be read right now of an organization, or of all of them: an event is hidden the
    /// moment it is past the retention, not at the next sweep.
    func currentBounds(of organization: [UInt8]?) -> StoreBounds {
        hideExpired(now: .now, uptime: .sinceStart)
        return bounds(of: organization)
    }
}
