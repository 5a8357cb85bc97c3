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
    private var pending: [UploadBatch] = []
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
    func send(_ batch: UploadBatch) async throws {
        guard !batch.events.isEmpty else { return }
        while pending.count >= Limits.batchesInFlight, failure == nil {
            await withCheckedContinuation { waiter = $0 }
        }
        pending.append(batch)
        guard let stream, failure == nil else { return try await restart() }
        do {
            try await stream.send(request(batch))
        } catch {
            // How the call ended is for the receiver to say: an answer may tell more than the
            // failed write.
            failure = failure ?? error
            try await restart()
        }
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
                for batch in pending { try await stream.send(request(batch)) }
                return
            } catch {
                failure = failure ?? error
            }
        }
    }

    private func pause(after failure: any Error) async throws {
        guard let error = failure as? AuditClientError, Self.isWorthRetrying(error),
            backoff.attempts < Limits.uploadAttempts
        else { throw failure }
        if backoff.attempts == 0 { note("\(error.message); trying again") }
        try await Task.sleep(for: backoff.next(random: .random(in: 0...1)))
    }

    /// A full queue and a server that restarts pass; sent again, nothing is stored twice.
    private static func isWorthRetrying(_ error: AuditClientError) -> Bool {
        let resourceExhausted: Int32 = 8
        return error.code == .unavailable || error.code == .timedOut
            || error.grpcCode == resourceExhausted
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
        guard let batch = pending.first else { return }
        var results = response.results
        if let status = response.status {
            let error = AuditClientError(status)
            guard !Self.isWorthRetrying(error) else { throw error }
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

    private func wake() {
        waiter?.resume()
        waiter = nil
    }

    private func request(_ batch: UploadBatch) -> RecordRequest {
        RecordRequest(
            organizationID: organizationID, events: batch.events, partialSuccess: true)
    }
}
