public import Codec

/// One RecordStream call: requests go in, and each is answered in order.
///
/// One task sends and one task reads. Dropping the stream cancels the call; what was answered is
/// stored.
public final class RecordStream: Sendable {
    private let call: StreamingCall

    init(_ call: StreamingCall) { self.call = call }

    /// Sends one request; suspends while the server does not keep up.
    ///
    /// - Throws: how the call ended, when it is over.
    public func send(_ request: RecordRequest) async throws(AuditClientError) {
        try await call.write(request)
    }

    /// No request follows: `responses` ends after the last answer.
    public func finish() { call.finishWriting() }

    /// Gives the call up.
    public func cancel() { call.cancel() }

    /// One response for each request, in order; for one reader. `status` in a response says that
    /// its request was refused as a whole; the stream goes on.
    public var responses: Responses { Responses(call: call) }

    public struct Responses: AsyncSequence, Sendable {
        public typealias Element = RecordResponse
        public typealias Failure = AuditClientError

        let call: StreamingCall

        public func makeAsyncIterator() -> AsyncIterator {
            AsyncIterator(messages: call.makeIterator(of: RecordResponse.self))
        }

        public struct AsyncIterator: AsyncIteratorProtocol {
            var messages: StreamingCall.Iterator<RecordResponse>

            public mutating func next() async throws(AuditClientError) -> RecordResponse? {
                try await messages.next()
            }
        }
    }
}
