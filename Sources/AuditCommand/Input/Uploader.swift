import AuditClient
import AuditModel
import Codec

/// Events on their way, and where each came from.
struct UploadBatch: Sendable {
    var events: [Event] = []
    /// For messages: `line 17`, `trail.json: record 3`. One for each event.
    var origins: [String] = []
    /// An estimate of the encoded size.
    var bytes = 0

    var isFull: Bool {
        events.count >= Limits.batchEvents || bytes >= Limits.batchBytes
    }

    mutating func append(_ event: Event, origin: String, bytes: Int) {
        events.append(event)
        origins.append(origin)
        self.bytes += bytes
    }
}

/// A batch that is not answered, and how often it was sent.
struct PendingBatch: Sendable {
    /// Of this upload, in order.
    var number: Int
    var batch: UploadBatch
    var sendCount = 0

    /// The results as this upload brought them about. What was sent before is there because of
    /// it: the answer was lost, not the event. (Whether it was there even earlier can't be told.)
    func settled(_ results: [RecordResult]) -> [RecordResult] {
        guard sendCount > 1 else { return results }
        return results.map { result in
            var result = result
            result.duplicate = false
            return result
        }
    }
}

/// What became of the events of an upload.
struct UploadTally: Hashable, Sendable {
    var stored = 0
    var duplicates = 0
    var refused = 0
}

/// Sends batches through one pipelined stream, and through another when the server went away:
/// every event has an id, so what was sent twice is stored once.
///
/// For one task that sends. `report` is called for each answered batch, in order.
actor Uploader {
    typealias Report = @Sendable (UploadBatch, [RecordResult]) throws -> Void

    private let client: AuditLogClient
    private let organizationID: String
    private let report: Report
    private var backoff = Backoff()
    /// Sent and not yet answered, in order.
    private var pending: [PendingBatch] = []
    private var batchCount = 0
    private var stream: RecordStream?
    private var receiver: Task<Void, Never>?
    private var failure: (any Error)?
    private var waiter: CheckedContinuation<Void, Never>?
    private(set) var tally = UploadTally()

    init(client: AuditLogClient, organizationID: String, report: @escaping Report) {
        self.client = client
        self.organizationID = organizationID
        self.report = report
    }

    /// Sends one batch; waits while too many are not answered.
    ///
    /// - Throws: `.refused` for one that no server would take, before it is sent: the answer to
    ///   it is the same as that of a full server, which is worth another try.
    func send(_ batch: UploadBatch) async throws {
        guard !batch.events.isEmpty else { return }
        try checkSize(of: batch)
        while pending.count >= Limits.batchesInFlight, failure == nil {
            await withCheckedContinuation { waiter = $0 }
        }
        batchCount += 1
        let item = PendingBatch(number: batchCount, batch: batch)
        pending.append(item)
        guard let stream, failure == nil else { return try await restart() }
        do {
            try await transmit(item, through: stream)
        } catch {
            await ended(by: error)
            try await restart()
        }
    }

    private func transmit(_ item: PendingBatch, through stream: RecordStream) async throws {
        if let index = pending.firstIndex(where: { $0.number == item.number }) {
            pending[index].sendCount += 1
        }
        try await stream.send(request(item.batch))
    }

    /// How the call ended is for the receiver to say: an answer may tell more than the failed
    /// write.
    private func ended(by writeError: any Error) async {
        // A task that is cancelled may leave a call behind that goes on.
        if Task.isCancelled { stream?.cancel() }
        await receiver?.value
        failure = failure ?? writeError
    }

    /// Waits until everything is answered.
    func finish() async throws {
        while true {
            stream?.finish()
            await receiver?.value
            if failure == nil, pending.isEmpty { return }
            try await restart()
        }
    }

    /// Sends what was not answered through a new stream. Throws what a new attempt can't mend.
    private func restart() async throws {
        while true {
            stream?.cancel()
            await receiver?.value
            if let failure { try await pause(after: failure) }
            failure = nil
            do {
                let stream = try await client.recordStream()
                self.stream = stream
                receiver = Task { await receive(from: stream) }
                for item in pending { try await transmit(item, through: stream) }
                return
            } catch {
                await ended(by: error)
            }
        }
    }

    private func pause(after failure: any Error) async throws {
        guard let error = failure as? AuditClientError, error.isWorthRetrying,
            backoff.attempts < Limits.retryAttempts
        else { throw failure }
        if backoff.attempts == 0 { note("\(error.message); trying again") }
        try await Task.sleep(for: backoff.next(random: .random(in: 0...1)))
    }

    private func receive(from stream: RecordStream) async {
        do {
            for try await response in stream.responses { try accept(response) }
            if !pending.isEmpty, failure == nil {
                throw AuditClientError(
                    code: .unavailable, grpcCode: 14,
                    message: "the server ended the stream early")
            }
        } catch {
            failure = failure ?? error
            stream.cancel()
        }
        wake()
    }

    private func accept(_ response: RecordResponse) throws {
        guard let item = pending.first else { return }
        let batch = item.batch
        var results = item.settled(response.results)
        if let status = response.status {
            let error = AuditClientError(status)
            guard !error.isWorthRetrying else { throw error }
            results = batch.events.map { RecordResult(id: $0.id, error: status) }
        }
        guard results.count == batch.events.count else {
            throw AuditClientError(
                code: .failed, grpcCode: 13,
                message: "the server answered \(results.count) of \(batch.events.count) events")
        }
        pending.removeFirst()
        backoff.succeeded()
        for result in results {
            if result.error != nil {
                tally.refused += 1
            } else if result.duplicate {
                tally.duplicates += 1
            } else {
                tally.stored += 1
            }
        }
        try report(batch, results)
        wake()
    }

    private func checkSize(of batch: UploadBatch) throws(CommandError) {
        // The encoded form is hardly larger than the estimate: only what may come near is encoded
        // for it.
        guard batch.bytes > Limits.requestBytesMax / 2 else { return }
        let bytes = request(batch).encoded().count
        guard bytes > Limits.requestBytesMax else { return }
        throw CommandError(
            .refused,
            "\(batch.origins.first ?? "events"): a request of \(bytes) bytes; the server takes "
                + "at most \(Limits.requestBytesMax)")
    }

    private func wake() {
        waiter?.resume()
        waiter = nil
    }

    private func request(_ batch: UploadBatch) -> RecordRequest {
        RecordRequest(
            organizationID: organizationID, events: batch.events, partialSuccess: true)
    }
}
