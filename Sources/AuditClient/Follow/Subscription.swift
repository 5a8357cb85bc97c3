package import Codec

/// One Subscribe call: what the server says, in order, until it ends with an error. For one reader;
/// dropping it cancels the call, and not reading it holds the server back. ``EventFeed`` goes on
/// over the end of one.
package struct Subscription: AsyncSequence, Sendable {
    package typealias Element = SubscribeResponse
    package typealias Failure = AuditClientError

    let call: StreamingCall

    init(_ call: StreamingCall) { self.call = call }

    /// Ends it.
    package func cancel() { call.cancel() }

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(messages: call.makeIterator(of: SubscribeResponse.self))
    }

    package struct AsyncIterator: AsyncIteratorProtocol {
        var messages: StreamingCall.Iterator<SubscribeResponse>

        package mutating func next() async throws(AuditClientError) -> SubscribeResponse? {
            do throws(CallFailure) {
                return try await messages.next()
            } catch {
                throw error.error
            }
        }
    }
}
