import Codec
import Synchronization

/// The quotas in force, and the meters of those who are measured by them.
///
/// A meter outlives the connections of its callers until it is at rest: whoever comes back finds spent what he spent.
package final class QuotaDirectory: Sendable {
    fileprivate struct State {
        var book: QuotaBook
        var meters: [QuotaSubject: QuotaMeter] = [:]
        /// How many meters there are when it is looked which of them may go.
        var sweepCount = Self.sweepCountMin

        static let sweepCountMin = 1_024
    }

    private let state: Mutex<State>

    package init(_ book: QuotaBook) { state = Mutex(State(book: book)) }

    package var book: QuotaBook { state.withLock { $0.book } }

    /// Puts changed quotas in force, for calls that are open, too.
    ///
    /// - Parameter now: uptime.
    package func replace(_ book: QuotaBook, at now: Duration) {
        state.withLock { state in
            state.book = book
            for (subject, meter) in state.meters { meter.set(book.inForce(for: subject), at: now) }
        }
    }

    /// - Parameter now: uptime.
    package func meters(of caller: Caller, at now: Duration) -> CallerMeters {
        state.withLock { state in
            var organizations: [CallerMeters.Organization] = []
            if case .only(let names) = caller.reach {
                organizations = names.map {
                    .init(name: $0, meter: state.meter(of: .organization($0), at: now))
                }
            }
            let identity = caller.identity
            let isToken = identity.credential == .apiToken && !identity.id.isEmpty
            return CallerMeters(
                organizations: organizations,
                token: isToken ? state.meter(of: .token(identity.id), at: now) : nil)
        }
    }

    /// How many are in memory.
    var meterCount: Int { state.withLock { $0.meters.count } }
}

extension QuotaDirectory.State {
    fileprivate mutating func meter(of subject: QuotaSubject, at now: Duration) -> QuotaMeter {
        if let meter = meters[subject] { return meter }
        if meters.count >= sweepCount { sweep(at: now) }
        let meter = QuotaMeter(subject, book.inForce(for: subject), at: now)
        meters[subject] = meter
        return meter
    }

    /// Forgets the meters that nobody holds and that are as new; above the limit all that nobody holds.
    private mutating func sweep(at now: Duration) {
        forgetIdle { $0.isAtRest(at: now) }
        if meters.count >= AccessLimits.metersMax { forgetIdle { _ in true } }
        sweepCount = max(
            meters.count + Self.sweepCountMin, min(2 * meters.count, AccessLimits.metersMax))
    }

    private mutating func forgetIdle(where isForgotten: (QuotaMeter) -> Bool) {
        var idle: [QuotaSubject] = []
        // Not by `indices` and not by a `for`, which would hold the meters themselves.
        var index = meters.values.startIndex
        while index < meters.values.endIndex {
            if isKnownUniquelyReferenced(&meters.values[index]), isForgotten(meters.values[index]) {
                idle.append(meters.keys[index])
            }
            meters.values.formIndex(after: &index)
        }
        for subject in idle { meters[subject] = nil }
    }
}
