import AuditClient
import Codec
import Synchronization

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

    mutating func add(_ results: [RecordResult]) {
        for result in results {
            if result.error != nil {
                refused += 1
            } else if result.duplicate {
                duplicates += 1
            } else {
                stored += 1
            }
        }
    }
}

/// Uploads batches, and counts what became of their events. For one task that sends.
final class Uploader: Sendable {
    typealias Report = @Sendable (UploadBatch, [RecordResult]) throws -> Void

    private let upload: RecordUpload
    private let report: Report
    private let counts = Mutex(UploadTally())

    /// - Parameter report: called for each answered batch, in order.
    init(client: AuditLogClient, organizationID: String, report: @escaping Report) {
        upload = client.upload(organizationID: organizationID)
        self.report = report
    }

    var tally: UploadTally { counts.withLock { $0 } }

    /// Sends one batch; waits while too many are not answered.
    ///
    /// - Throws: `.refused` for one that no server would take; the upload goes on without it.
    func send(_ batch: UploadBatch) async throws {
        guard !batch.events.isEmpty else { return }
        do {
            try await upload.send(batch.events) { [self] results in
                counts.withLock { $0.add(results) }
                try report(batch, results)
            }
        } catch let error as AuditClientError where error.code == .tooLarge {
            throw CommandError(.refused, "\(batch.origins.first ?? "events"): \(error.message)")
        }
    }

    /// Waits until everything is answered.
    func finish() async throws { try await upload.finish() }
}
