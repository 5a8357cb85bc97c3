/// Jobs of several tenants that wait for their turns, a lane for each tenant: deficit round robin (Shreedhar and
/// Varghese, 1996). Each turn gives a lane the same credit; what it does not spend stays its own until it is empty.
///
/// Within a lane the order is that of arrival.
struct FairLanes<Ticket: Sendable> {
    typealias Job = RecordJob<Ticket>

    fileprivate struct Lane {
        var jobs: [Job] = []
        /// Of the first that waits still.
        var first = 0
        var size = QueuedSize.zero
        var credit = 0
    }

    /// By tenant; none of them is empty.
    private var lanes: [Int: Lane] = [:]
    /// Their tenants, in turn.
    private var turns: [Int] = []
    /// Whose turn it is.
    private var turn = 0
    /// That one has its credit already: a commit was full in the middle of its turn.
    private var isMidTurn = false

    private let commitMax: QueuedSize
    private let refusalBytes: Int

    /// Turns of a commit, as a power of two: a lane's credit is small enough for 128 tenants to be in each commit, and
    /// large enough for the largest request not to wait for many turns.
    private static var turnsOfCommitShift: Int { 7 }

    /// - Parameters:
    ///   - commitMax: what one commit takes.
    ///   - refusalBytes: what an event counts that waits only for its refusal.
    init(commitMax: QueuedSize, refusalBytes: Int) {
        self.commitMax = commitMax
        self.refusalBytes = refusalBytes
    }

    var isEmpty: Bool { turns.isEmpty }

    /// What waits of one tenant.
    func size(of tenant: Int) -> QueuedSize { lanes[tenant]?.size ?? .zero }

    mutating func add(_ job: Job, of tenant: Int) {
        if lanes[tenant] == nil { turns.append(tenant) }
        lanes[tenant, default: Lane()].jobs.append(job)
        let size = size(of: tenant) + job.size(refusalBytes: refusalBytes)
        lanes[tenant]?.size = size
    }

    /// What one commit takes: a share of each lane, and at least one job when any waits.
    mutating func take() -> (jobs: [Job], size: QueuedSize) {
        var taken: [Job] = []
        var size = QueuedSize.zero
        while !turns.isEmpty {
            if turn >= turns.count { turn = 0 }
            let tenant = turns[turn]
            guard var lane = lanes.removeValue(forKey: tenant) else {
                preconditionFailure("a turn without a lane")
            }
            if !isMidTurn { lane.credit += credit }
            isMidTurn = false
            let isFull = serve(&lane, &taken, &size)
            if lane.first == lane.jobs.count {
                turns.remove(at: turn)
            } else {
                lanes[tenant] = lane
                if isFull {
                    isMidTurn = true
                    break
                }
                turn += 1
            }
        }
        return (taken, size)
    }

    /// True when the commit has no room for the next job of the lane.
    private func serve(_ lane: inout Lane, _ taken: inout [Job], _ size: inout QueuedSize) -> Bool {
        while lane.first < lane.jobs.count {
            let job = lane.jobs[lane.first]
            let jobSize = job.size(refusalBytes: refusalBytes)
            guard lane.credit >= cost(jobSize) else { break }
            guard taken.isEmpty || (size + jobSize).fits(in: commitMax) else { return true }
            lane.credit -= cost(jobSize)
            lane.first += 1
            lane.size = lane.size - jobSize
            size = size + jobSize
            taken.append(job)
        }
        lane.dropTaken()
        return false
    }

    /// In bytes; an event costs at least its part of a commit.
    private func cost(_ size: QueuedSize) -> Int {
        max(size.bytes, size.events * max(1, commitMax.bytes / max(1, commitMax.events)))
    }

    private var credit: Int { max(1, commitMax.bytes >> Self.turnsOfCommitShift) }
}

extension FairLanes.Lane {
    /// Lets go of what was taken, once it is half of the list: each job is moved once at most.
    fileprivate mutating func dropTaken() {
        guard first > jobs.count / 2, first < jobs.count else { return }
        jobs.removeSubrange(..<first)
        first = 0
    }
}
