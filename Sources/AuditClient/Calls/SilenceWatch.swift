import Synchronization

/// Cancels a stream on which nothing comes any more: a host that dies without a word leaves a
/// connection that looks alive for a while, and a server that hangs one that looks alive for ever.
///
/// Only the time in which something is due counts: a reader who pauses for an hour is no fault of
/// the server.
final class SilenceWatch: Sendable {
    private struct State {
        var waitsSince: ContinuousClock.Instant?
        var isSilent = false
    }

    let silenceMax: Duration
    private let state = Mutex(State())

    init(silenceMax: Duration) { self.silenceMax = silenceMax }

    /// The stream was given up because nothing came.
    var isSilent: Bool { state.withLock { $0.isSilent } }

    func beginWaiting() { state.withLock { $0.waitsSince = .now } }

    func endWaiting() { state.withLock { $0.waitsSince = nil } }

    /// Returns after `giveUp`, which is called once when the silence is too long; throws when the
    /// task is cancelled.
    func run(giveUp: @Sendable () -> Void) async throws {
        while true {
            let now = ContinuousClock.now
            let deadline = state.withLock { state in
                let deadline = (state.waitsSince ?? now) + silenceMax
                if deadline <= now { state.isSilent = true }
                return deadline
            }
            guard deadline > now else { return giveUp() }
            try await Task.sleep(until: deadline, clock: .continuous)
        }
    }
}
