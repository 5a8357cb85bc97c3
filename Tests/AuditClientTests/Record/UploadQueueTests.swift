import AuditRPC
import Codec
import Testing

@testable import AuditClient

struct UploadQueueTests {
    let policy = RetryPolicy(
        attemptsMax: 3,
        backoff: Backoff(
            pauseMin: .milliseconds(100), pauseMax: .seconds(1), multiplier: 2, jitter: 0))
    let lost = CallFailure(.connectionLost, AuditClientError(.unavailable, "lost"))
    let away = CallFailure(.away, AuditClientError(.unavailable, "nobody listens"))
    let start = ContinuousClock.now

    /// Batches of these ids, which went through a stream.
    func queue(_ batches: [[String]], madeIDs: [Int] = []) -> UploadQueue {
        var queue = UploadQueue(policy: policy)
        for ids in batches { _ = queue.add([1], ids: ids, madeIDs: madeIDs) }
        queue.opened()
        sendAll(&queue)
        return queue
    }

    func sendAll(_ queue: inout UploadQueue) {
        while queue.next != nil { queue.sending() }
    }

    func response(_ ids: [String], duplicate: Bool = false) -> RecordResponse {
        RecordResponse(results: ids.map { RecordResult(id: $0, duplicate: duplicate) })
    }

    func settled(_ outcome: UploadQueue.OnResponse) -> (Int, [RecordResult])? {
        guard case .settled(let batch, let results) = outcome else { return nil }
        return (batch.number, results)
    }

    @Test func answersBelongToBatchesInTheirOrder() {
        var queue = queue([["a", "b"], ["c"]])
        #expect(settled(queue.onResponse(response(["a", "b"])))?.0 == 1)
        #expect(settled(queue.onResponse(response(["c"])))?.0 == 2)
        #expect(queue.isEmpty)
        guard case .failed = queue.onResponse(response(["d"])) else {
            Issue.record("nobody asked for it")
            return
        }
    }

    @Test func itIsFullWithAsManyBatchesAsMayBeOnTheirWay() {
        var queue = queue((1..<Limits.batchesInFlight).map { ["\($0)"] })
        #expect(!queue.isFull)
        _ = queue.add([], ids: ["x"], madeIDs: [])
        #expect(queue.isFull)
    }

    @Test func aStreamGetsEachBatchOnceAndTheNextOneWhatIsNotAnswered() {
        var queue = queue([["a"], ["b"], ["c"]])
        #expect(queue.next == nil)
        _ = queue.onResponse(response(["a"]))
        queue.streamEnded()
        var sent: [Int] = []
        while let batch = queue.next {
            sent.append(batch.number)
            queue.sending()
        }
        #expect(sent == [2, 3])
    }

    @Test func anAnswerToWhatTheStreamHasNotGotIsAFault() {
        var queue = queue([["a"]])
        queue.streamEnded()
        guard case .failed = queue.onResponse(response(["a"])) else {
            Issue.record("this stream was not asked")
            return
        }
    }

    @Test func aDuplicateThatGotItsIDHereIsThereBecauseOfThisUpload() {
        var queue = queue([["a", "b"]], madeIDs: [1])
        queue.streamEnded()
        sendAll(&queue)
        guard
            case .settled(let batch, let results) = queue.onResponse(
                response(["a", "b"], duplicate: true))
        else {
            Issue.record("it is answered")
            return
        }
        #expect(batch.wasRepeated && results.map(\.duplicate) == [true, false])
    }

    @Test func whatWasSentOnceIsAsTheServerSays() {
        var queue = queue([["a"]], madeIDs: [0])
        let outcome = settled(queue.onResponse(response(["a"], duplicate: true)))
        #expect(outcome?.1.map(\.duplicate) == [true])
    }

    @Test func aRefusedRequestIsAnAnswerForEachOfItsEvents() {
        var queue = queue([["a", "b"]])
        let status = StatusDetails(code: 3, message: "no")
        let refused = settled(queue.onResponse(RecordResponse(results: [], status: status)))
        #expect(refused?.1.map(\.id) == ["a", "b"])
        #expect(refused?.1.map(\.error) == [status, status])
    }

    @Test func aServerThatIsFullForNowIsAskedAgain() {
        var queue = queue([["a"]])
        let status = StatusDetails(code: 8, message: "full", retryDelay: .seconds(2))
        guard
            case .failed(let failure) = queue.onResponse(
                RecordResponse(results: [], status: status))
        else {
            Issue.record("the batch is not settled")
            return
        }
        #expect(!queue.isEmpty)
        #expect(queue.onFailure(failure, at: start, random: 0) == .again(after: .seconds(2)))
    }

    @Test func aServerThatIsFullForGoodRefuses() {
        var queue = queue([["a"]])
        let status = StatusDetails(code: 8, message: "the disk is full")
        #expect(settled(queue.onResponse(RecordResponse(results: [], status: status))) != nil)
    }

    @Test func anAnswerOfTheWrongSizeEndsTheUpload() {
        var queue = queue([["a", "b"]])
        guard case .failed(let failure) = queue.onResponse(response(["a"])) else {
            Issue.record("one of two is no answer")
            return
        }
        #expect(failure.error.message == "the server answered 1 of 2 events")
        #expect(queue.onFailure(failure, at: start, random: 0) == .giveUp(failure.error))
    }

    @Test func failuresAreBoundedUntilTheNextAnswer() {
        var queue = queue([["a"], ["b"]])
        #expect(queue.onFailure(lost, at: start, random: 0) == .again(after: .milliseconds(100)))
        #expect(queue.onFailure(lost, at: start, random: 0) == .again(after: .milliseconds(200)))
        _ = queue.onResponse(response(["a"]))
        #expect(queue.onFailure(lost, at: start, random: 0) == .again(after: .milliseconds(100)))
        #expect(queue.onFailure(lost, at: start, random: 0) == .again(after: .milliseconds(200)))
        guard case .giveUp(let error) = queue.onFailure(lost, at: start, random: 0) else {
            Issue.record("three in a row are too many")
            return
        }
        #expect(error.message == "lost (after 3 attempts)")
    }

    @Test func aServerThatIsAwayIsWaitedForHalfAMinuteHoweverManyRoundsItTakes() {
        var queue = queue([["a"]])
        #expect(queue.onFailure(lost, at: start, random: 0) == .again(after: .milliseconds(100)))
        for second in 0..<30 {
            let now = start + .seconds(second)
            #expect(queue.onFailure(away, at: now, random: 0) == .again(after: .zero))
            #expect(queue.timeLeft(at: now) == .seconds(30 - second))
        }
        guard case .giveUp(let error) = queue.onFailure(away, at: start + .seconds(30), random: 0)
        else {
            Issue.record("half a minute is over")
            return
        }
        #expect(error.message == "nobody listens")
    }

    @Test func anAnswerEndsAnOutage() {
        var queue = queue([["a"], ["b"]])
        _ = queue.onFailure(away, at: start, random: 0)
        #expect(queue.hasFailed)
        _ = queue.onResponse(response(["a"]))
        #expect(!queue.hasFailed)
        let later = start + .seconds(31)
        #expect(queue.onFailure(away, at: later, random: 0) == .again(after: .zero))
    }

    @Test func withoutRetriesAServerThatIsAwayIsTheEnd() {
        var queue = UploadQueue(policy: .none)
        _ = queue.add([1], ids: ["a"], madeIDs: [])
        #expect(queue.onFailure(away, at: start, random: 0) == .giveUp(away.error))
    }

    @Test func theFirstStreamWaitsNoLongerThanACall() {
        var queue = UploadQueue(policy: policy)
        #expect(queue.timeLeft(at: start) == nil)
        queue.opened()
        #expect(queue.timeLeft(at: start) == policy.outageMax)
    }
}
