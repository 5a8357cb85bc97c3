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
        /// The places of those that got their ids from this upload.
        let madeIDs: [Int]
        fileprivate var sentCount = 0

        /// A server may have stored it before the attempt that was answered.
        var wasRepeated: Bool { sentCount > 1 }
    }

    private var batches: [Batch] = []
    private let policy: RetryPolicy
    private var batchCount = 0
    /// How many of `batches`, from the first on, went through the stream that is open.
    private var sentThroughStream = 0
    /// Streams that ended, or were given up, since the last answer.
    private var failures = 0
    private var absence: Absence
    private var wasOpened = false

    init(policy: RetryPolicy) {
        self.policy = policy
        absence = Absence(policy: policy)
    }

    var isEmpty: Bool { batches.isEmpty }
    var isFull: Bool { batches.count >= Limits.batchesInFlight }

    /// - Parameter madeIDs: the places of the events that got their ids from this upload.
    /// - Returns: the batch's number.
    mutating func add(_ message: [UInt8], ids: [String], madeIDs: [Int]) -> Int {
        batchCount += 1
        batches.append(
            Batch(number: batchCount, message: message, ids: ids, madeIDs: madeIDs))
        return batchCount
    }

    // MARK: Streams

    /// What the stream that is open, or the next one, is to get now.
    var next: Batch? {
        sentThroughStream < batches.count ? batches[sentThroughStream] : nil
    }

    /// A stream is there; it was given nothing yet.
    mutating func opened() { wasOpened = true }

    /// `next` is about to be sent.
    mutating func sending() {
        batches[sentThroughStream].sentCount += 1
        sentThroughStream += 1
    }

    /// Nothing more comes from the stream: what it did not answer goes through another one.
    mutating func streamEnded() { sentThroughStream = 0 }

    /// Since the last answer.
    var hasFailed: Bool { failures > 0 || absence.isUnderWay }

    /// How long the next stream may wait for a connection; nil for the first one, whose server was
    /// never there.
    func timeLeft(at now: ContinuousClock.Instant) -> Duration? {
        wasOpened ? absence.timeLeft(at: now) : nil
    }

    // MARK: Answers

    enum OnResponse: Hashable, Sendable {
        /// What became of the first batch: one result for each event.
        case settled(Batch, [RecordResult])
        /// The stream is of no use any more.
        case failed(CallFailure)
    }

    /// The next response of the stream; it belongs to the first batch.
    mutating func onResponse(_ response: RecordResponse) -> OnResponse {
        guard sentThroughStream > 0, let batch = batches.first else {
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
        sentThroughStream -= 1
        failures = 0
        absence.ended()
        return .settled(batch, results)
    }

    /// The results as this upload brought them about.
    private func settled(_ results: [RecordResult], of batch: Batch) -> [RecordResult] {
        batch.wasRepeated ? results.afterRepetition(of: batch.madeIDs) : results
    }

    enum OnFailure: Hashable, Sendable {
        /// Open another stream after the pause.
        case again(after: Duration)
        case giveUp(AuditClientError)
    }

    /// A stream ended before everything was answered, or none could be opened.
    ///
    /// - Parameter random: 0 to 1.
    mutating func onFailure(
        _ failure: CallFailure, at now: ContinuousClock.Instant, random: Double
    ) -> OnFailure {
        if failure.kind == .away {
            // Nothing was sent, so that nothing counts.
            return policy.retries && absence.goesOn(at: now)
                ? .again(after: .zero) : .giveUp(failure.error.saying(attempts: failures))
        }
        absence.ended()
        failures += 1
        let giveUp = OnFailure.giveUp(failure.error.saying(attempts: failures))
        guard failures < policy.attemptsMax else { return giveUp }
        switch failure.kind.remedy {
        case .none: return giveUp
        case .reconnect: return .again(after: .zero)
        case .pause(let asked):
            return .again(after: policy.backoff.pause(asked: asked, random: random))
        case .backoff: return .again(after: policy.backoff.pause(after: failures, random: random))
        }
    }
}
