internal import AuditRPC
internal import Codec

/// The batches of an upload that are not answered yet, in order. Told what was sent and what the
/// server said, it answers what is settled and whether to go on.
struct UploadQueue: Sendable {
    struct Batch: Hashable, Sendable {
        /// Of this upload, from 1.
        let number: Int
        /// The encoded request, whose events have ids: it may have to be sent twice.
        let message: [UInt8]
        /// Of its events, in order.
        let ids: [String]
        fileprivate(set) var sentCount = 0
    }

    private(set) var batches: [Batch] = []
    private let policy: RetryPolicy
    private var batchCount = 0
    /// Streams that ended, or were given up, since the last answer.
    private(set) var failures = 0

    init(policy: RetryPolicy) { self.policy = policy }

    var isEmpty: Bool { batches.isEmpty }
    var isFull: Bool { batches.count >= Limits.batchesInFlight }

    mutating func add(_ message: [UInt8], ids: [String]) -> Batch {
        batchCount += 1
        let batch = Batch(number: batchCount, message: message, ids: ids)
        batches.append(batch)
        return batch
    }

    /// A batch is about to be sent.
    mutating func sending(_ number: Int) {
        guard let index = batches.firstIndex(where: { $0.number == number }) else { return }
        batches[index].sentCount += 1
    }

    enum OnResponse: Hashable, Sendable {
        /// What became of the first batch: one result for each event.
        case settled(Batch, [RecordResult])
        /// The stream is of no use any more.
        case failed(CallFailure)
    }

    /// The next response of the stream; it belongs to the first batch.
    mutating func onResponse(_ response: RecordResponse) -> OnResponse {
        guard let batch = batches.first else {
            return .failed(.final(.internal, "the server answered what it was not asked"))
        }
        var results = settled(response.results, of: batch)
        if let status = response.status {
            let failure = CallFailure(status)
            guard failure.kind.remedy == .none else { return .failed(failure) }
            results = batch.ids.map { RecordResult(id: $0, error: status) }
        }
        guard results.count == batch.ids.count else {
            return .failed(
                .final(
                    .internal,
                    "the server answered \(results.count) of \(batch.ids.count) events"))
        }
        batches.removeFirst()
        failures = 0
        return .settled(batch, results)
    }

    /// The results as this upload brought them about.
    private func settled(_ results: [RecordResult], of batch: Batch) -> [RecordResult] {
        batch.sentCount > 1 ? results.afterRepetition() : results
    }

    enum OnFailure: Hashable, Sendable {
        /// Open another stream after the pause, and send `batches` through it.
        case again(after: Duration)
        case giveUp(AuditClientError)
    }

    /// The stream ended, or no other could be opened.
    ///
    /// - Parameter random: 0 to 1.
    mutating func onFailure(_ failure: CallFailure, random: Double) -> OnFailure {
        failures += 1
        let giveUp = OnFailure.giveUp(failure.error.saying(attempts: failures))
        guard failures < policy.attemptsMax else { return giveUp }
        switch failure.kind.remedy {
        case .none: return giveUp
        case .reconnect: return .again(after: .zero)
        case .pause(let pause): return .again(after: pause)
        case .backoff: return .again(after: policy.backoff.pause(after: failures, random: random))
        }
    }
}

extension [RecordResult] {
    /// What was sent before is there because of it: the answer was lost, not the event. (Whether it
    /// was there even earlier cannot be told.)
    func afterRepetition() -> [RecordResult] {
        map { result in
            var result = result
            result.duplicate = false
            return result
        }
    }
}
