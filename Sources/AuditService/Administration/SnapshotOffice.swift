import AuditModel
import Codec
import EventStore
import Glibc

/// Makes snapshots for a running server, one at a time, on a thread of its own: a copy to another disk may take
/// long, and queries wait for the threads that read.
final class SnapshotOffice: Sendable {
    private let store: EventStore
    private let dataDirectory: String
    private let limits: ServiceLimits
    private let desk: Mailbox<Desk>
    private let thread: BackgroundThread

    private struct Order: Sendable {
        var directory: String
        var control: ReadControl
        var answer: @Sendable (Result<SnapshotReport, ServiceError>) -> Void
    }

    /// What the thread has to do.
    private struct Desk {
        var order: Order?
        var isWorking = false
        var hasEnded = false

        /// Nil while there is nothing to do.
        mutating func next() -> Next? {
            if let order = order.take() {
                isWorking = true
                return .make(order)
            }
            return hasEnded ? .end : nil
        }
    }

    private enum Next: Sendable {
        case make(Order)
        case end
    }

    init(store: EventStore, dataDirectory: String, limits: ServiceLimits) {
        let desk = Mailbox(Desk())
        (self.store, self.dataDirectory, self.limits) = (store, dataDirectory, limits)
        self.desk = desk
        thread = BackgroundThread("snapshot") {
            while case .make(let order) = desk.wait(until: { $0.next() }) {
                let result = Self.make(order, store)
                // Before the answer, so that who has it may ask for the next one.
                desk.update { $0.isWorking = false }
                order.answer(result)
            }
        }
    }

    /// Makes one and waits for it. A cancelled task, or one whose time is up, leaves nothing behind.
    ///
    /// - Parameter time: that its client waits; nil for as long as `ServiceLimits.snapshotTime`.
    /// - Throws: `invalid` or `precondition` (the folder), `busy`, `exhausted` (no room), `dataLoss`, `unavailable`,
    ///   `cancelled` or `deadlineExceeded`.
    func create(_ directory: String, time: Duration?) async throws -> SnapshotReport {
        try refuseOwnFolder(directory)
        let time = min(time ?? limits.snapshotTime, limits.snapshotTime)
        let control = ReadControl(end: .now.advanced(by: time))
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let order = Order(directory: directory, control: control) {
                    continuation.resume(with: $0)
                }
                if let refusal = submit(order) { continuation.resume(throwing: refusal) }
            }
        } onCancel: {
            control.cancel()
        }
    }

    private func submit(_ order: Order) -> ServiceError? {
        desk.update { desk in
            guard !desk.hasEnded else {
                return ServiceError(.unavailable, "the server is shutting down")
            }
            guard desk.order == nil, !desk.isWorking else {
                return ServiceError(
                    .busy, "another snapshot is being made; ask again when it is done")
            }
            desk.order = order
            return nil
        }
    }

    /// Ends one that is being made, early, and waits until what it made is removed. Call it once.
    func stop() {
        store.endMaintenance()
        desk.update { $0.hasEnded = true }
        thread.join()
    }

    private static func make(
        _ order: Order, _ store: EventStore
    ) -> Result<SnapshotReport, ServiceError> {
        let control = order.control
        do throws(StoreError) {
            return .success(
                try store.snapshot(to: order.directory, now: .now) {
                    control.isCancelled || control.isTimeUp
                })
        } catch {
            return .failure(failure(error, isTimeUp: control.isTimeUp))
        }
    }

    /// The caller is on this machine and named the folder: what is wrong with it is said.
    private static func failure(_ error: StoreError, isTimeUp: Bool) -> ServiceError {
        switch error.code {
        case .snapshotRefused: ServiceError(.precondition, error.message)
        case .diskFull:
            ServiceError(
                .exhausted, "\(error.message); no snapshot was made: name a folder on another disk",
                cause: error)
        case .inputOutput:
            ServiceError(.precondition, "no snapshot was made: \(error.message)", cause: error)
        case .damaged: ServiceError(.dataLoss, error.message, cause: error)
        case .cancelled where isTimeUp:
            ServiceError(
                .deadlineExceeded, "the snapshot took too long and was removed; give it more time")
        case .cancelled: ServiceError(.cancelled, "the snapshot was cancelled and removed")
        default: ServiceError(error)
        }
    }

    // MARK: The folder

    /// A snapshot among the files of the store would be taken for some of them.
    private func refuseOwnFolder(_ directory: String) throws(ServiceError) {
        guard let own = Self.resolved(dataDirectory) else { return }
        var named = Self.resolved(directory)
        if named == nil, let slash = directory.lastIndex(of: "/") {
            named = Self.resolved(String(directory[...slash])).map {
                $0 + "/" + directory[directory.index(after: slash)...]
            }
        }
        guard let named, named == own || named.hasPrefix(own + "/") else { return }
        let reason = "lies in the server's data folder; name one outside of it"
        throw ServiceError(
            .invalid, "directory \(reason)",
            violations: [FieldViolation(field: "directory", reason: reason)])
    }

    /// Absolute and without links; nil when it is not there.
    private static func resolved(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
