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
    /// Duplicates of what was sent more than once: an attempt whose answer was lost may have stored
    /// them, or they were there before.
    var storedOrDuplicates = 0
    var refused = 0
    /// What the server may have stored, or not.
    var unanswered = 0

    mutating func send(_ batch: UploadBatch) { unanswered += batch.events.count }

    mutating func add(_ answer: RecordUpload.Answer) {
        unanswered -= answer.results.count
        for result in answer.results {
            if result.error != nil {
                refused += 1
            } else if !result.duplicate {
                stored += 1
            } else if answer.wasRepeated {
                storedOrDuplicates += 1
            } else {
                duplicates += 1
            }
        }
    }

    /// `3 events stored, 2 already there`, and what else there is to say.
    ///
    /// - Parameters:
    ///   - noun: what is counted, behind the first number; with a space in front.
    ///   - refused: by the server, or before it was sent.
    func text(noun: String = "", refused: Int = 0) -> String {
        var parts = ["\(stored)\(noun) stored", "\(duplicates) already there"]
        if storedOrDuplicates > 0 { parts.append("\(storedOrDuplicates) stored or already there") }
        if refused > 0 { parts.append("\(refused) refused") }
        if unanswered > 0 { parts.append("\(unanswered) sent without an answer") }
        return parts.joined(separator: ", ")
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
            counts.withLock { $0.send(batch) }
            try await upload.send(batch.events) { [self] answer in
                counts.withLock { $0.add(answer) }
                try report(batch, answer.results)
            }
        } catch let error as AuditClientError where error.code == .tooLarge {
            counts.withLock { $0.unanswered -= batch.events.count }
            throw CommandError(.refused, "\(batch.origins.first ?? "events"): \(error.message)")
        }
    }

    /// Waits until everything is answered.
    func finish() async throws { try await upload.finish() }
}
