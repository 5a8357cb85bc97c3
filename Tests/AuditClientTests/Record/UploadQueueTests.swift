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

    func queue(_ batches: [[String]]) -> UploadQueue {
        var queue = UploadQueue(policy: policy)
        for ids in batches { _ = queue.add([1], ids: ids) }
        return queue
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
        _ = queue.add([], ids: ["x"])
        #expect(queue.isFull)
    }

    @Test func onlyWhatWasSentBeforeIsThereBecauseOfThisUpload() {
        var queue = queue([["a"], ["b"]])
        for number in [1, 2, 1] { queue.sending(number) }
        let first = settled(queue.onResponse(response(["a"], duplicate: true)))
        #expect(first?.1.map(\.duplicate) == [false])
        let second = settled(queue.onResponse(response(["b"], duplicate: true)))
        #expect(second?.1.map(\.duplicate) == [true])
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
        #expect(queue.onFailure(failure, random: 0) == .again(after: .seconds(2)))
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
        #expect(queue.onFailure(failure, random: 0) == .giveUp(failure.error))
    }

    @Test func failuresAreBoundedUntilTheNextAnswer() {
        var queue = queue([["a"], ["b"]])
        #expect(queue.onFailure(lost, random: 0) == .again(after: .milliseconds(100)))
        #expect(queue.onFailure(lost, random: 0) == .again(after: .milliseconds(200)))
        _ = queue.onResponse(response(["a"]))
        #expect(queue.onFailure(lost, random: 0) == .again(after: .milliseconds(100)))
        #expect(queue.onFailure(lost, random: 0) == .again(after: .milliseconds(200)))
        guard case .giveUp(let error) = queue.onFailure(lost, random: 0) else {
            Issue.record("three in a row are too many")
            return
        }
        #expect(error.message == "lost (after 3 attempts)")
    }
}
