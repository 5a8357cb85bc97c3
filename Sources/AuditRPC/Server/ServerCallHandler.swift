/// What a method does with one call, on the event loop of its connection: no hop, no task, no copy.
///
/// One instance serves one call. Every function runs on the call's event loop and must return soon; work that
/// waits for a disk or a lock belongs elsewhere and answers through `CallReference`.
package protocol ServerCallHandler: AnyObject {
    /// One whole request message. The bytes are valid during the call only.
    func receive(message: UnsafeRawBufferPointer, on call: ServerCall)

    /// The client has sent its last message.
    func receiveEnd(on call: ServerCall)

    /// The call is over, and not by `finish`. Nothing can be sent any more, and no other function follows.
    func cancel(reason: CancelReason, on call: ServerCall)

    /// The outbound queue, or that of the whole connection, fell to its low watermark after `isWritable` was false.
    func writable(on call: ServerCall)

    /// The server drains: a call that would go on for ever should finish now.
    func drain(on call: ServerCall)

    /// Bytes of messages that it has received and that still wait for another thread. Whoever has some says so with
    /// each message as well, in the call's `untakenBytes`.
    var untakenBytes: Int { get }
}

extension ServerCallHandler {
    package func writable(on call: ServerCall) {}
    package func drain(on call: ServerCall) {}
    package var untakenBytes: Int { 0 }
}

/// Why a call ended before its handler finished it.
package enum CancelReason: Sendable, Equatable {
    /// The client reset the stream, with this HTTP/2 error code.
    case reset(code: UInt32)
    case deadlineExceeded
    case connectionClosed
    /// The server's drain timed out.
    case shutdown
    /// The request broke a rule or a limit; the client got this status.
    case refused(RPCStatus.Code)
}
