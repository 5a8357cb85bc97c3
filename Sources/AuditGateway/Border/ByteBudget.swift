import Synchronization

/// Memory that requests of all clients share: bytes are taken before they are used, and come back when whoever took
/// them lets go.
final class ByteBudget: Sendable {
    private let free: Mutex<Int>

    init(bytesMax: Int) { free = Mutex(bytesMax) }

    /// Nil when there is no room for as many.
    func take(_ bytes: Int) -> Hold? {
        let isTaken = free.withLock { free in
            guard bytes <= free else { return false }
            free -= bytes
            return true
        }
        return isTaken ? Hold(self, bytes) : nil
    }

    private func giveBack(_ bytes: Int) { free.withLock { $0 += bytes } }

    /// Bytes that are somebody's until this goes.
    final class Hold: Sendable {
        private let budget: ByteBudget
        private let bytes: Int

        fileprivate init(_ budget: ByteBudget, _ bytes: Int) {
            self.budget = budget
            self.bytes = bytes
        }

        deinit { budget.giveBack(bytes) }
    }
}

/// What the requests of one gateway share.
struct GatewayBudgets: Sendable {
    /// Bodies that are being read.
    let bodies = ByteBudget(bytesMax: GatewayLimits.bodiesBytesMax)
    /// Answers that wait for their clients to read them.
    let answers = ByteBudget(bytesMax: GatewayLimits.answersBytesMax)
    /// Exports, counted.
    let exports = ByteBudget(bytesMax: GatewayLimits.exportsMax)
    /// Requests with a body, counted.
    let smallBodies = ByteBudget(bytesMax: GatewayLimits.smallBodiesMax)
    /// Streams of events, counted.
    let streams = ByteBudget(bytesMax: GatewayLimits.streamsMax)
}
