/// The pauses between attempts: each longer than the one before, up to a bound, and spread so that
/// many clients do not come back at once.
///
/// After https://github.com/grpc/grpc/blob/master/doc/connection-backoff.md.
public struct Backoff: Hashable, Sendable {
    /// The first pause.
    public var pauseMin: Duration
    /// The longest one, before it is spread.
    public var pauseMax: Duration
    /// How many times as long as the last pause the next one is; 1 or more.
    public var multiplier: Double
    /// How far a pause is spread to either side, as a part of it; 0 to 1.
    public var jitter: Double

    public init(
        pauseMin: Duration, pauseMax: Duration, multiplier: Double = 1.6, jitter: Double = 0.2
    ) {
        precondition(pauseMin >= .zero && pauseMax >= pauseMin, "a backoff ends where it begins")
        precondition(multiplier >= 1 && (0...1).contains(jitter), "a backoff grows, and is spread")
        self.pauseMin = pauseMin
        self.pauseMax = pauseMax
        self.multiplier = multiplier
        self.jitter = jitter
    }

    /// gRPC's for connections: 1 second to 2 minutes.
    public static let reconnect = Backoff(pauseMin: .seconds(1), pauseMax: .seconds(120))

    /// - Parameters:
    ///   - failures: in a row, 1 or more.
    ///   - random: 0 to 1: where in the spread the pause lies.
    func pause(after failures: Int, random: Double) -> Duration {
        step(failures) * (1 + jitter * (2 * random - 1))
    }

    /// The pause that the server asked for, spread to the longer side only.
    func pause(asked: Duration, random: Double) -> Duration {
        asked * (1 + jitter * random)
    }

    /// As ``pause(asked:random:)``, and no shorter than after `failures` in a row: for what tries
    /// without end.
    func pause(asked: Duration, after failures: Int, random: Double) -> Duration {
        pause(asked: max(asked, step(failures)), random: random)
    }

    /// Before it is spread.
    private func step(_ failures: Int) -> Duration {
        var pause = pauseMin
        var step = 1
        while step < failures, pause < pauseMax {
            pause = pause * multiplier
            step += 1
        }
        return min(pause, pauseMax)
    }
}
