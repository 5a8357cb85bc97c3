/// A shared message that waits for the peer of a connection: its bytes count once, from the first call that queues it
/// until the last one has sent it or is over.
///
/// Each of those calls keeps this object in its queue. Belongs to the event loop: a call that is closed, and that
/// others may hold on to, keeps none.
final class SharedHold {
    let message: SharedMessage
    /// The server's account has its bytes in one place for all connections; otherwise this one's part has them.
    let isCountedOnce: Bool
    private weak var connection: HTTP2Connection?

    init(_ message: SharedMessage, isCountedOnce: Bool, on connection: HTTP2Connection) {
        self.message = message
        self.isCountedOnce = isCountedOnce
        self.connection = connection
    }

    deinit {
        connection?.release(message, isCountedOnce: isCountedOnce)
    }
}
