import Synchronization

/// Gathers the one response of a unary call.
final class UnaryResponse: ResponseSink {
    typealias Continuation = CheckedContinuation<Result<RPCResponse, RPCError>, Never>

    private struct State: ~Copyable {
        var initialMetadata = RPCMetadata()
        var response: RPCResponse?
        var continuation: Continuation?
        var result: Result<RPCResponse, RPCError>?
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

    func receive(initialMetadata: RPCMetadata, on stream: ClientStream) {
        guard !initialMetadata.isEmpty else { return }
        state.withLock { $0.initialMetadata = initialMetadata }
    }

    func receive(message: UnsafeRawBufferPointer, on stream: ClientStream) {
        let isSecond = state.withLock { state in
            guard state.response == nil else { return true }
            state.response = RPCResponse(
                message: Array(message), initialMetadata: state.initialMetadata,
                wasCompressed: stream.wasCompressed)
            return false
        }
        if isSecond {
            stream.fail(RPCError(.unimplemented, "the server sent several responses, not one"))
        }
    }

    func end(_ error: RPCError?, trailingMetadata: RPCMetadata, on stream: ClientStream) {
        let (continuation, result) = state.withLock { state in
            let result: Result<RPCResponse, RPCError>
            if let error {
                result = .failure(error)
            } else if var response = state.response.take() {
                response.trailingMetadata = trailingMetadata
                result = .success(response)
            } else {
                result = .failure(
                    RPCError(.unimplemented, "the server sent no response, not one"))
            }
            state.result = result
            defer { state.continuation = nil }
            return (state.continuation, result)
        }
        continuation?.resume(returning: result)
    }

    func writable(on stream: ClientStream) {}
}
