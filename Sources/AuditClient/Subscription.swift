public import Codec

/// A running feed: what the server says, in order, until it ends with an error. For one reader;
/// dropping it cancels the call, and not reading it holds the server back.
public struct Subscription: AsyncSequence, Sendable {
    public typealias Element = SubscribeResponse
    public typealias Failure = AuditClientError

    private let call: StreamingCall

    init(_ call: StreamingCall) { self.call = call }

    /// Ends the feed.
    public func cancel() { call.cancel() }

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(messages: call.makeIterator(of: SubscribeResponse.self))
    }

    public struct AsyncIterator: AsyncIteratorProtocol {
        var messages: StreamingCall.Iterator<SubscribeResponse>

        public mutating func next() async throws(AuditClientError) -> SubscribeResponse? {
            try await messages.next()
        }
    }
}
