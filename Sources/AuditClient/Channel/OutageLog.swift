internal import Logging
import Synchronization

/// Says in the log that calls are tried again, and that they succeed again: once each for each
/// outage, however many calls it meets.
final class OutageLog: Sendable {
    /// When an attempt began, counted in beginnings and ends of outages: odd in the middle of one.
    typealias Moment = Int

    private let logger: Logger
    private let moment = Atomic<Moment>(0)

    init(logger: Logger) { self.logger = logger }

    /// To be asked when an attempt begins.
    var now: Moment { moment.load(ordering: .relaxed) }

    func retrying(after error: AuditClientError) {
        let now = now
        guard now.isMultiple(of: 2), advance(from: now) else { return }
        logger.notice("\(error.message); trying again")
    }

    /// An attempt succeeded. One that began before the outage says nothing about its end.
    func succeeded(at server: ServerAddress, since began: Moment) {
        guard !began.isMultiple(of: 2), advance(from: began) else { return }
        logger.notice("the server at \(server) answers again")
    }

    private func advance(from old: Moment) -> Bool {
        moment.compareExchange(
            expected: old, desired: old + 1, ordering: .relaxed
        ).exchanged
    }
}
