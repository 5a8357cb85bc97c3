import AuditModel
import Codec

/// Records events of the server itself, through the same door as everybody's.
struct ServerEvents: Sendable {
    let entrance: RecordEntrance

    /// Stores one event and says its sequence. Throws what a client would be answered.
    ///
    /// - Parameter origin: of the call that it tells of.
    func record(
        _ event: Event, from origin: CallOrigin = .server
    ) async throws(ServiceError) -> Sequence {
        let message = RecordRequest(organizationID: event.organizationID, events: [event]).encoded()
        var request = try message.withUnsafeBytes { bytes in
            Result { () throws(ServiceError) in try entrance.prepare(bytes, from: .server) }
        }.get()
        request.recorder = origin.recorder
        let prepared = request
        let outcome = await withCheckedContinuation { continuation in
            let ticket = RecordTicket.server { continuation.resume(returning: $0.outcome) }
            if let refusal = entrance.submit(prepared, from: .server, ticket: ticket) {
                continuation.resume(returning: .failure(refusal))
            }
        }
        switch try outcome.get().first {
        case .stored(let sequence, _), .duplicate(let sequence, _): return sequence
        case .refused(let error): throw error
        case nil: preconditionFailure("an event has an outcome")
        }
    }
}
