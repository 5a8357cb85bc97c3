import AuditModel
import Codec
import Logging
import Synchronization

/// Records who reads the log; see `ReadTrace`.
final class ReadTracer: Sendable {
    typealias Record = @Sendable (Event, CallOrigin) async throws(ServiceError) -> Sequence

    private let record: Record
    private let logger: Logger
    private let isOn: Bool
    private let trace = Mutex(ReadTrace())

    /// - Parameters:
    ///   - isOn: false for an operator who wants no such events.
    ///   - record: stores an event that tells of reads of that origin.
    init(isOn: Bool, logger: Logger, record: @escaping Record) {
        (self.isOn, self.logger, self.record) = (isOn, logger, record)
    }

    /// From any thread; waits for nothing.
    func note(_ kind: ReadTrace.Kind, of organizationID: String, from origin: CallOrigin) {
        guard isOn else { return }
        let isFull = trace.withLock { trace in
            trace.note(kind, of: organizationID, from: origin)
            return trace.isFull
        }
        if isFull { Task { await tell(all: true) } }
    }

    /// Records what is due.
    ///
    /// - Parameter all: also what its minute would go on to gather: the server stops.
    func tell(all: Bool = false) async {
        let due = trace.withLock { $0.takeDue(uptime: .sinceStart, all: all) }
        for reads in due {
            do throws(ServiceError) {
                _ = try await record(reads.event, reads.origin)
            } catch {
                // Reads go on while the disk is full; the log keeps what cannot be stored.
                logger.error(
                    "reads of the log could not be recorded",
                    metadata: [
                        "reads": "\(reads.event.change)",
                        "actor": "\(reads.event.actor.id)", "cause": "\(error)",
                    ])
            }
        }
    }
}
