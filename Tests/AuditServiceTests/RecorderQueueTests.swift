import AuditModel
import Codec
import TestSupport
import Testing

@testable import AuditService

@Suite("The queue of the recorder")
struct RecorderQueueTests {
    private let fixture: ServiceFixture

    init() throws { fixture = try ServiceFixture() }

    /// A job of a tenant, with its number as the ticket.
    private func job(_ tenant: Int, _ number: Int, events: Int = 1) throws -> RecordJob<Int> {
        let event = Event.sample(organization: "org-\(tenant)")
        let request = try fixture.prepare(Array(repeating: event, count: events))
        return RecordJob(request, ticket: number)
    }

    private func limits(commitEvents: Int, queueEvents: Int) -> ServiceLimits {
        var limits = ServiceLimits()
        limits.commitEventsMax = commitEvents
        limits.commitBytesMax = commitEvents * 1_024
        limits.recorderQueueEventsMax = queueEvents
        limits.recorderQueueBytesMax = queueEvents * 1_024
        return limits
    }

    private func take(_ queue: inout RecorderQueue<Int>) -> [Int]? {
        guard case .jobs(let jobs)? = queue.take() else { return nil }
        return jobs.map(\.ticket)
    }

    @Test("what fits into one commit is taken as it came, whosever it is")
    func whatFitsIsTakenAsItCame() throws {
        var queue = RecorderQueue<Int>(limits: limits(commitEvents: 100, queueEvents: 1_000))
        for number in 0..<100 { #expect(queue.add(try job(number % 7, number)) == nil) }
        #expect(take(&queue) == Array(0..<100))
        #expect(queue.take() == nil)
    }

    @Test("a request behind the flood of another tenant is in the next commit")
    func aRequestBehindAFloodIsInTheNextCommit() throws {
        var queue = RecorderQueue<Int>(limits: limits(commitEvents: 256, queueEvents: 100_000))
        for number in 0..<5_000 { #expect(queue.add(try job(1, number, events: 4)) == nil) }
        _ = take(&queue)
        for tenant in 2..<66 { #expect(queue.add(try job(tenant, -tenant)) == nil) }
        let taken = try #require(take(&queue))
        #expect(taken.filter { $0 < 0 }.count == 64)
        #expect(taken.contains { $0 >= 0 }, "the flood goes on with what is left")
    }

    @Test("nobody fills the queue for others", arguments: [1, 2, 5])
    func nobodyFillsTheQueueForOthers(flooding: Int) throws {
        var queue = RecorderQueue<Int>(limits: limits(commitEvents: 10, queueEvents: 600))
        let jobs = try (0..<flooding).map { try job($0, 0) }
        let late = try job(99, 0)
        var stored = Array(repeating: 0, count: flooding)
        for _ in 0..<1_000 {
            for (tenant, job) in jobs.enumerated() where queue.add(job) == nil {
                stored[tenant] += 1
            }
        }
        for count in stored { #expect(abs(count - 600 / (flooding + 1)) <= 1) }
        let refusal = queue.add(jobs[0])
        #expect(refusal?.code == .busy && refusal?.message.contains("of this organization") == true)
        #expect(queue.add(late) == nil)
    }

    @Test(
        "each gets the same share of the commits, whatever the sizes",
        arguments: 1...5 as ClosedRange<UInt64>)
    func eachGetsTheSameShare(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var lanes = FairLanes<Int>(
            commitMax: QueuedSize(events: 500, bytes: 500 << 10), refusalBytes: 0)
        // Tenants with requests of other sizes, each with ten thousand events.
        let eventsMax = [1, 7, 40, 100]
        var events: [(tenant: Int, count: Int)] = []
        let requests = try (0...100).map { try job(0, 0, events: max($0, 1)).request }
        var waiting = Array(repeating: 0, count: eventsMax.count)
        while let tenant = waiting.firstIndex(where: { $0 < 10_000 }) {
            let count = Int.random(in: 1...eventsMax[tenant], using: &random)
            lanes.add(RecordJob(requests[count], ticket: events.count), of: tenant)
            events.append((tenant, count))
            waiting[tenant] += count
        }
        var shares = Array(repeating: 0, count: eventsMax.count)
        // As long as all of them have something that waits.
        for _ in 0..<70 {
            for job in lanes.take().jobs {
                shares[events[job.ticket].tenant] += events[job.ticket].count
            }
            let most = try #require(shares.max())
            let least = try #require(shares.min())
            #expect(most - least <= 200, "seed \(seed): \(shares)")
        }
    }

    @Test(
        "all is taken once, of each tenant in order, and then the end",
        arguments: 1...5 as ClosedRange<UInt64>)
    func allIsTakenOnceInOrder(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var queue = RecorderQueue<Int>(limits: limits(commitEvents: 20, queueEvents: 400))
        var tenants: [Int] = []
        var taken: [Int] = []
        for _ in 0..<2_000 {
            if Int.random(in: 0..<20, using: &random) == 0 {
                let commit = take(&queue) ?? []
                let events = commit.count
                #expect(events <= 20)
                taken += commit
            } else {
                let tenant = Int.random(in: 0..<6, using: &random)
                if queue.add(try job(tenant, tenants.count)) == nil { tenants.append(tenant) }
            }
        }
        queue.end()
        #expect(queue.add(try job(0, 0))?.code == .unavailable)
        while let commit = take(&queue) { taken += commit }
        guard case .ended? = queue.take() else {
            Issue.record("seed \(seed): the queue has no end")
            return
        }
        #expect(taken.sorted() == Array(tenants.indices), "seed \(seed)")
        for tenant in 0..<6 {
            let own = taken.filter { tenants[$0] == tenant }
            #expect(own == own.sorted(), "seed \(seed), tenant \(tenant)")
        }
    }

    @Test("a request that is larger than a commit is taken alone")
    func aRequestLargerThanACommitIsTakenAlone() throws {
        var queue = RecorderQueue<Int>(limits: limits(commitEvents: 5, queueEvents: 100))
        #expect(queue.add(try job(1, 1)) == nil)
        #expect(queue.add(try job(2, 2, events: 20)) == nil)
        #expect(queue.add(try job(1, 3)) == nil)
        var commits: [[Int]] = []
        while let commit = take(&queue) { commits.append(commit) }
        #expect(commits == [[1, 3], [2]])
    }
}
