import AuditModel
import Codec
import EventStore
import TestSupport
import Testing

@testable import AuditService

struct CommitterTests {
    private let fixture: ServiceFixture

    init() throws {
        fixture = try ServiceFixture()
    }

    /// `stored 1`, `duplicate 1` or `refused ALREADY...`, for each event of each request.
    private func outcomes(_ requests: [PreparedRequest]) -> [[String]] {
        fixture.commit(requests).jobs.map { job in
            switch job.outcome {
            case .success(let outcomes):
                outcomes.map { outcome in
                    switch outcome {
                    case .stored(let sequence, _): "stored \(sequence)"
                    case .duplicate(let sequence, _): "duplicate \(sequence)"
                    case .refused(let error): "refused \(error.code)"
                    }
                }
            case .failure(let error): ["all refused \(error.code)"]
            }
        }
    }

    @Test func sequencesAreDenseAcrossTheRequestsOfACommit() throws {
        let two = try fixture.prepare([.sample(), .sample()])
        let one = try fixture.prepare([.sample()])
        #expect(outcomes([two, one]) == [["stored 1", "stored 2"], ["stored 3"]])
        #expect(fixture.store.bounds.head == Sequence(3))
    }

    @Test func aRepeatedIdIsStoredOnce() throws {
        let event = try fixture.prepare([.sample().identified(1)])
        #expect(outcomes([event]) == [["stored 1"]])
        #expect(outcomes([event]) == [["duplicate 1"]], "in a later commit")
        let next = try fixture.prepare([.sample().identified(2)])
        #expect(outcomes([next, next]) == [["stored 2"], ["duplicate 2"]], "in the same commit")
        let twice = try fixture.prepare([.sample().identified(3), .sample().identified(3)])
        #expect(outcomes([twice]) == [["stored 3", "duplicate 3"]], "in the same request")
        #expect(fixture.store.bounds.head == Sequence(3))
    }

    @Test func otherContentUnderTheSameIdIsRefused() throws {
        let first = try fixture.prepare([.sample().identified(1)])
        let other = try fixture.prepare([.sample(change: "other").identified(1)])
        #expect(outcomes([first, other]) == [["stored 1"], ["all refused alreadyExists"]])
        #expect(outcomes([other]) == [["all refused alreadyExists"]])
    }

    @Test func organizationsDoNotShareIds() throws {
        let acme = try fixture.prepare([.sample(organization: "acme").identified(1)])
        let other = try fixture.prepare([.sample(organization: "other").identified(1)])
        #expect(
            outcomes([acme, other, acme, other])
                == [["stored 1"], ["stored 1"], ["duplicate 1"], ["duplicate 1"]])
    }

    @Test func aRefusedRequestLeavesNothingBehind() throws {
        _ = fixture.commit([try fixture.prepare([.sample().identified(9)])])
        let conflict = try fixture.prepare([
            .sample().identified(1), .sample(change: "other").identified(9),
        ])
        let after = try fixture.prepare([.sample(change: "mine").identified(1)])
        #expect(
            outcomes([conflict, after]) == [["all refused alreadyExists"], ["stored 2"]],
            "the id of the refused request is free for the next one")
    }

    @Test func partialSuccessStoresTheRest() throws {
        _ = fixture.commit([try fixture.prepare([.sample().identified(9)])])
        var bad = Event.sample()
        bad.eventType = ""
        let mixed = try fixture.prepare(
            [.sample(), bad, .sample(change: "other").identified(9), .sample()],
            partialSuccess: true)
        #expect(
            outcomes([mixed])
                == [["stored 2", "refused invalid", "refused alreadyExists", "stored 3"]])
    }

    @Test func duplicatesAloneWriteNothing() throws {
        let event = try fixture.prepare([.sample().identified(1)])
        #expect(fixture.commit([event]).batch != nil)
        #expect(fixture.commit([event]).batch == nil)
    }

    @Test func aTimeLeftOutIsTheTimeOfStoringAndARetryIsTheSameEvent() throws {
        var event = Event.sample().identified(1)
        event.occurredAt = nil
        let prepared = try fixture.prepare([event])
        let batch = try #require(fixture.commit([prepared]).batch)
        let stored = try batch.withEvent(at: 0) { try Event(decoding: $0.payload) }
        #expect(stored.occurredAt == batch.recordedAt)
        #expect(stored.recordedAt == batch.recordedAt)
        #expect(outcomes([try fixture.prepare([event])]) == [["duplicate 1"]])
    }
}
