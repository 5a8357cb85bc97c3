/// The pauses between attempts to reach a server: doubling, and spread so that many clients do
/// not come at once.
struct Backoff: Hashable, Sendable {
    private let delayMin: Duration
    private let delayMax: Duration
    /// Since the last success.
    private(set) var attempts = 0

    init(
        delayMin: Duration = Limits.reconnectDelayMin, delayMax: Duration = Limits.reconnectDelayMax
    ) {
        self.delayMin = delayMin
        self.delayMax = delayMax
    }

    /// - Parameter random: 0 to 1: where in the upper half of the pause the attempt falls.
    mutating func next(random: Double) -> Duration {
        let doubled = delayMin * (1 << min(attempts, 20))
        attempts += 1
        return min(doubled, delayMax) * (0.5 + 0.5 * random)
    }

    mutating func succeeded() { attempts = 0 }
}
