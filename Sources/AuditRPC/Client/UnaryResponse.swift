import Synchronization

/// Gathers the one response of a unary call.
final class UnaryResponse: ResponseSink {
    typealias Continuation = CheckedContinuation<Result<[UInt8], RPCError>, Never>

    private struct State: ~Copyable {
        var message: [UInt8]?
        var continuation: Continuation?
        var result: Result<[UInt8], RPCError>?
    }

    private let state = Mutex(State())

    /// Resumes `continuation` with the result, at once when the call has ended already.
    func wait(with continuation: Continuation) {
        let result = state.withLock { state in
            if state.result == nil { state.continuation = continuation }
            return state.result
        }
        if let result { continuation.resume(returning: result) }
    }

    func receive(message: UnsafeRawBufferPointer, on stream: ClientStream) {
        let isSecond = state.withLock { state in
            let isSecond = state.message != nil
            state.message = Array(message)
            return isSecond
        }
        if isSecond {
            stream.fail(RPCError(.unimplemented, "the server sent several responses, not one"))
        }
    }

    func end(_ error: RPCError?, on stream: ClientStream) {
        let (continuation, result) = state.withLock { state in
            let result: Result<[UInt8], RPCError> =
                if let error {
                    .failure(error)
                } else if let message = state.message {
                    .success(message)
                } else {
                    .failure(RPCError(.unimplemented, "the server sent no response, not one"))
                }
            state.result = result
            defer { state.continuation = nil }
            return (state.continuation, result)
        }
        continuation?.resume(returning: result)
    }

    func writable(on stream: ClientStream) {}
}
