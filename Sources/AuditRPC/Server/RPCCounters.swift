import Synchronization

/// What a server has counted since it started. Calls and resets of open connections are added now and then, and when a
/// connection ends.
package struct RPCCounters: Sendable, Equatable {
    package var connectionsAccepted = 0
    /// Closed at once, because too many were open.
    package var connectionsRefused = 0
    /// Connections that have ended, by cause.
    package var connectionsEnded: [ConnectionEnd: Int] = [:]
    package var calls = 0
    /// Calls refused because too many were open on all connections together.
    package var callsRefused = 0
    /// Errors of single streams that a client's frames provoked.
    package var streamErrors = 0

    package init() {}

    package mutating func countEnd(_ end: ConnectionEnd) {
        connectionsEnded[end, default: 0] += 1
    }
}

extension RPCCounters: CustomStringConvertible {
    /// For the last line of a log: `accepted 3, refused 0; ended 2 by peer, 1 by flood; ...`.
    package var description: String {
        let ends = ConnectionEnd.allCases.compactMap { end in
            connectionsEnded[end].map { "\($0) by \(end.rawValue)" }
        }
        return """
            accepted \(connectionsAccepted), refused \(connectionsRefused); \
            ended \(ends.isEmpty ? "none" : ends.joined(separator: ", ")); \
            calls \(calls), refused \(callsRefused), reset for errors \(streamErrors)
            """
    }
}

/// Where connections put their counts. Never on the way of a call: each connection counts for itself first.
final class CounterBook: Sendable {
    private let counters = Mutex(RPCCounters())

    var current: RPCCounters { counters.withLock { $0 } }

    func change(_ body: (inout sending RPCCounters) -> Void) {
        counters.withLock { body(&$0) }
    }
}
