internal import Codec

/// A stream of messages that ends when nothing comes any more. For one reader; dropping it cancels
/// the call.
final class WatchedCall<Message: WireMessage>: Sendable {
    let call: StreamingCall
    /// To be told when something is due.
    let watch: SilenceWatch
    private let watching: Task<Void, any Error>

    init(_ call: StreamingCall, silenceMax: Duration) {
        self.call = call
        let watch = SilenceWatch(silenceMax: silenceMax)
        self.watch = watch
        watching = Task { try await watch.run { call.cancel() } }
    }

    deinit { watching.cancel() }

    var server: ServerAddress { call.server }

    /// Nil when the server ended the call well.
    func next() async throws(CallFailure) -> Message? {
        var messages = call.makeIterator(of: Message.self)
        do throws(CallFailure) {
            return try await messages.next()
        } catch {
            guard watch.isSilent, error.error.code == .cancelled else { throw error }
            throw CallFailure(.connectionLost, .silent(server, for: watch.silenceMax))
        }
    }
}
