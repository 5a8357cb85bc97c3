import Access
import AuditModel
import AuditRPC
import Codec

/// Where the calls of a connection come from: who makes them, and what is written into the events that they record.
/// Made once for a connection, as long as its calls bring the same credential.
final class CallOrigin: Sendable {
    let caller: Caller
    /// What measures how much the caller takes.
    let meters: CallerMeters
    /// What an event has that its caller does not say in it.
    let defaults: RecordDefaults
    /// What the server knows of the caller, for the events that he records.
    let recorder: RecorderStamp

    init(
        _ caller: Caller, meters: CallerMeters = .none, peerAddress: String = "",
        userAgent: String = ""
    ) {
        self.caller = caller
        self.meters = meters
        defaults = caller.recordDefaults
        recorder = RecorderStamp(
            Event.Recorder(
                credential: caller.identity.credential, id: caller.identity.id,
                name: caller.identity.name, peerAddress: peerAddress, userAgent: userAgent))
    }

    /// Of the server's own events.
    static let server = CallOrigin(Caller(Identity(.server), .operator, .all))
}

extension ServerCall {
    /// Who makes the call. The gate lets nobody in whom it does not name, health checks aside.
    var origin: CallOrigin { CallOrigin.of(caller) }
}

extension CallContext {
    var origin: CallOrigin { CallOrigin.of(caller) }
}

extension CallOrigin {
    fileprivate static func of(_ caller: (any AnyObject & Sendable)?) -> CallOrigin {
        guard let origin = caller as? CallOrigin else {
            preconditionFailure("a call came past the gate")
        }
        return origin
    }
}
