package import AuditModel

/// A wall clock that cannot run ahead: retention deletes by it, and events are recorded by it.
///
/// The first reading is believed. From then on the wall clock is believed up to what the steady
/// clock (one that counts only time that passed) allows, plus `Limits.clockLeadMax` for the steps
/// of a time service. A clock that jumps a year ahead moves retention by an hour; a clock that
/// jumps back moves it back, and what was hidden stays hidden. A clock that was wrong at the start
/// and is set right by more than the lead is believed after a restart.
package struct SteadyClock: Sendable {
    private var start: (wall: Timestamp, uptime: Duration)?

    package init() {}

    /// The time to act by, and by how much it is behind `wall`.
    package mutating func time(
        wall: Timestamp, uptime: Duration
    ) -> (now: Timestamp, heldBack: Duration) {
        guard let start else {
            start = (wall, uptime)
            return (wall, .zero)
        }
        let latest = start.wall.advanced(by: uptime - start.uptime + Limits.clockLeadMax)
        guard wall > latest else { return (wall, .zero) }
        let lead = wall.nanosecondsSinceEpoch.subtractingReportingOverflow(
            latest.nanosecondsSinceEpoch)
        return (latest, .nanoseconds(lead.overflow ? .max : lead.partialValue))
    }
}
