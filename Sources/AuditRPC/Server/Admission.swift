/// Whether a call may be made, decided on its event loop before its first message is looked at.
package enum Admission: Sendable {
    /// With what the handlers are told about the caller (`ServerCall.caller`).
    case admitted((any AnyObject & Sendable)?)
    case refused(RPCStatus)
    /// Somebody says it later, on the event loop of the call, with `ServerCall.decide`. Until then nothing is read.
    case undecided

    /// Decides about the calls of one method.
    package typealias Gate = @Sendable (ServerCall) -> Admission
}
