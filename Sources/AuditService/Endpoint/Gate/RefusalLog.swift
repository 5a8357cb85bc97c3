import Access
import AuditModel
import Logging
import Synchronization

/// Says in the log that calls were refused: one line a second at most, since whoever tries credentials would fill it.
final class RefusalLog: Sendable {
    private struct State {
        var next = Timestamp.epoch
        /// Since the last line.
        var untold = 0
    }

    private let logger: Logger
    private let state = Mutex(State())

    init(logger: Logger) { self.logger = logger }

    @Sendable
    func note(peer: String, path: String, error: AccessError) {
        let now = Timestamp.now
        let untold: Int? = state.withLock { state in
            guard now >= state.next else {
                state.untold += 1
                return nil
            }
            defer { state = State(next: now.advanced(by: .seconds(1))) }
            return state.untold
        }
        guard let untold else { return }
        logger.notice(
            "refused a call",
            metadata: [
                "peer": "\(peer)", "method": "\(path)", "problem": "\(error.logText)",
                "others_since_last_line": "\(untold)",
            ])
    }
}
