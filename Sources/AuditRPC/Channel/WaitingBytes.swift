/// The bytes that wait in memory for one connection, of both directions: how many, whether more may come, and how much
/// window its peer gets back.
struct WaitingBytes: ~Copyable {
    /// Bytes of which a connection takes a part of the server's account at a time: a usual call fits.
    private static let grainBytes = 16 << 10

    private let bufferedBytesMax: Int
    /// Of the peer: partial messages, paused calls, what handlers have not taken yet.
    private(set) var buffered = 0
    /// The part of them that waits for this side: because calls have paused, or handlers have not come to it.
    private var paused = 0
    /// For the peer: answers that it has not been sent yet. A message that several calls send counts once.
    private(set) var queued = 0
    /// The part of them that the server's account has already, for all connections on which they wait.
    private var countedOnce = 0
    /// Window that was not given back because too much waits already.
    private var withheldWindow = 0
    /// Grows with every change.
    private(set) var changes = 0
    /// The connections of the server together hold all that they may, and this one more than its guaranteed part.
    private(set) var isOverShare = false
    private var share: BudgetShare

    init(bufferedBytesMax: Int, budget: SharedBudget?) {
        self.bufferedBytesMax = bufferedBytesMax
        share = BudgetShare(of: budget, grain: Self.grainBytes)
    }

    /// Something waits for the peer to act: the rest of a message, or an answer that it has not taken.
    var awaitsPeer: Bool { queued > 0 || buffered > paused }
    var isOverLimit: Bool { buffered > bufferedBytesMax || isOverShare }

    /// Window to give back for bytes that have just arrived: none while so much waits for paused calls that the peer
    /// had better stop altogether. Partial messages do not count here: they need window to become whole, and the limit
    /// ends the call that goes too far.
    mutating func windowFor(arrived count: Int) -> Int {
        if paused <= bufferedBytesMax / 2 { return count }
        withheldWindow += count
        return 0
    }

    /// Returns the window to give back because paused calls went on.
    mutating func changeBuffered(by count: Int, paused pausedCount: Int) -> Int {
        buffered += count
        paused += pausedCount
        noteChange()
        guard withheldWindow > 0, pausedCount < 0, paused <= bufferedBytesMax / 2 else { return 0 }
        defer { withheldWindow = 0 }
        return withheldWindow
    }

    mutating func changeQueued(by count: Int) {
        queued += count
        noteChange()
    }

    /// Whether so many bytes more may wait for the peer.
    mutating func hasRoom(forAnswer count: Int, queuedBytesMax: Int) -> Bool {
        // One message is always taken, whatever its size, unless the whole server has no room.
        guard queued == 0 || queued + count <= queuedBytesMax else { return false }
        return share.cover(ownBytes + count)
    }

    /// A shared message begins to wait for the peer. True when the server's account has it in one place, false when
    /// this connection's part has it, nil when it may not wait.
    mutating func take(_ message: SharedMessage, queuedBytesMax: Int) -> Bool? {
        let count = message.byteCount
        guard queued == 0 || queued + count <= queuedBytesMax else { return nil }
        let isCountedOnce = share.budget.map { message.hold(in: $0) } ?? false
        guard isCountedOnce || share.cover(ownBytes + count) else { return nil }
        if isCountedOnce { countedOnce += count }
        changeQueued(by: count)
        return isCountedOnce
    }

    /// A shared message that was taken waits no more.
    mutating func giveBack(_ message: SharedMessage, isCountedOnce: Bool) {
        if isCountedOnce {
            countedOnce -= message.byteCount
            if let budget = share.budget { message.release(to: budget) }
        }
        changeQueued(by: -message.byteCount)
    }

    /// What this connection's part of the server's account has to cover.
    private var ownBytes: Int { buffered + queued - countedOnce }

    @inline(__always)
    private mutating func noteChange() {
        changes &+= 1
        isOverShare = !share.cover(ownBytes)
    }
}
