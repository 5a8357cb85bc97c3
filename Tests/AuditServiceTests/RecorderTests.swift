import AuditModel
import Codec
import EventStore
import Synchronization
import TestSupport
import Testing

@testable import AuditService

struct RecorderTests {
    @Test func everyRequestIsAnsweredOnceInOrderAndAfterItsBatch() async throws {
        let fixture = try ServiceFixture()
        let answered = Mutex<[Int]>([])
        let published = Mutex<[Sequence]>([])
        let commits = Mutex(0)
        let recorder = Recorder<Int>(
            store: fixture.store, sequences: fixture.sequences, limits: ServiceLimits(),
            now: { .now },
            published: { batch in published.withLock { $0.append(batch.lastSequence) } },
            answered: { jobs in
                commits.withLock { $0 += 1 }
                for job in jobs {
                    guard case .success(let outcomes) = job.outcome,
                        case .stored(let sequence, _)? = outcomes.last
                    else { continue }
                    let head = published.withLock { $0.last }
                    #expect(head.map { sequence <= $0 } == true, "published before answered")
                    answered.withLock { $0.append(job.ticket) }
                }
            })
        let request = try fixture.prepare([.sample()])
        for ticket in 0..<2_000 {
            #expect(recorder.submit(request, ticket: ticket) == nil)
        }
        recorder.stop()
        #expect(answered.withLock { $0 } == Array(0..<2_000))
        #expect(commits.withLock { $0 } < 2_000, "requests that wait share a commit")
        #expect(fixture.store.bounds.head == Sequence(2_000))
        #expect(recorder.submit(request, ticket: 0)?.code == .unavailable)
    }

    @Test func theQueueIsBoundedInEventsAndBytes() throws {
        let fixture = try ServiceFixture()
        var limits = ServiceLimits()
        limits.recorderQueueEventsMax = 3
        var queue = RecorderQueue<Int>(limits: limits)
        let request = try fixture.prepare([.sample(), .sample()])
        #expect(queue.add(RecordJob(request, ticket: 1)) == nil)
        #expect(queue.add(RecordJob(request, ticket: 2))?.code == .busy)
        limits.recorderQueueEventsMax = 1_000
        limits.recorderQueueBytesMax = request.bytes.count
        queue = RecorderQueue<Int>(limits: limits)
        #expect(queue.add(RecordJob(request, ticket: 1)) == nil)
        #expect(queue.add(RecordJob(request, ticket: 2))?.code == .busy)
        guard case .jobs(let taken)? = queue.take() else {
            Issue.record("a job waits")
            return
        }
        #expect(taken.map(\.ticket) == [1])
        #expect(queue.add(RecordJob(request, ticket: 3)) == nil, "there is room again")
    }

    @Test func aCommitTakesNoMoreThanAFrame() throws {
        let fixture = try ServiceFixture()
        var limits = ServiceLimits()
        limits.commitEventsMax = 5
        var queue = RecorderQueue<Int>(limits: limits)
        let request = try fixture.prepare([.sample(), .sample()])
        for ticket in 1...5 { _ = queue.add(RecordJob(request, ticket: ticket)) }
        queue.end()
        var taken: [[Int]] = []
        while case .jobs(let jobs)? = queue.take() { taken.append(jobs.map(\.ticket)) }
        #expect(taken == [[1, 2], [3, 4], [5]])
    }
}
