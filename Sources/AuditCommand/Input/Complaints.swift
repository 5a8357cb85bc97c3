import AuditClient
import Codec
import Synchronization

/// What was wrong with single inputs: said on standard error, the first ones in full, the rest
/// counted.
final class Complaints: Sendable {
    private let count = Mutex(0)

    var isEmpty: Bool { count.withLock { $0 == 0 } }
    var total: Int { count.withLock { $0 } }

    func add(_ text: String) {
        let number = count.withLock { count in
            count += 1
            return count
        }
        if number <= Limits.complaintsMax { note(text) }
    }

    /// The events that the server refused, each under its origin.
    func add(refusalsOf batch: UploadBatch, _ results: [RecordResult]) {
        for (origin, result) in zip(batch.origins, results) {
            guard let error = result.error else { continue }
            let message = AuditClientError(error).message
            add("\(origin): \(SafeText.line(Complaints.withoutIndex(message)))")
        }
    }

    /// The place of an event in its request is of no use to somebody who sent a file.
    static func withoutIndex(_ message: String) -> String {
        message.replacing(/events\[[0-9]+\](\.|: )?/, with: "")
    }

    /// Says how many were not said.
    func finish() {
        let unsaid = total - Limits.complaintsMax
        if unsaid > 0 { note("... and \(unsaid) more") }
    }
}
