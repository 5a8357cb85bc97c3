import CNghttp2
import Glibc

/// What the sessions of one event loop share: the memory in which a frame is made.
///
/// nghttp2 gives each session 16 KiB for it when it is made, and needs them only while it is asked for output: what it
/// gives out is valid until it is asked again, and `HTTP2Session.gatherOutput` copies it before it returns. So one such
/// memory serves all sessions that are asked by the same thread, one after the other: thousands of idle connections
/// have none each, and the one is warm.
///
/// @unchecked: whoever makes a session with it uses that session on the event loop of this memory alone. Only its end
/// may come on another thread, which reads nothing but the address of the memory; that never changes once it is known.
final class SessionMemory: @unchecked Sendable {
    /// Below it an allocation of a session that is being made is no memory of frames.
    private static let frameBytesMin = 16 << 10

    @exclusivity(unchecked) private var frame: UnsafeMutableRawPointer?
    private var frameBytes = 0
    /// Sessions that were made with it.
    private(set) var frameUsers = 0
    private var isMaking = false
    /// A frame is being made, or was and is not copied yet.
    private var isTaken = false

    deinit { Glibc.free(frame) }

    /// Makes a server's session: what it asks for meanwhile may be shared.
    ///
    /// Not for a client's, which writes into that memory at once. The session must not outlive this object.
    func make(_ make: (UnsafeMutablePointer<nghttp2_mem>) -> Void) {
        isMaking = true
        defer { isMaking = false }
        // nghttp2 copies the functions.
        var functions = nghttp2_mem(
            mem_user_data: Unmanaged.passUnretained(self).toOpaque(),
            malloc: { size, _ in Glibc.malloc(size) },
            free: { pointer, user in
                Unmanaged<SessionMemory>.fromOpaque(user!)._withUnsafeGuaranteedRef {
                    $0.release(pointer)
                }
            },
            calloc: { count, size, _ in Glibc.calloc(count, size) },
            realloc: { pointer, size, user in
                Unmanaged<SessionMemory>.fromOpaque(user!)._withUnsafeGuaranteedRef {
                    $0.reallocate(pointer, size)
                }
            })
        make(&functions)
    }

    /// Runs what makes a frame and copies it. No other session may be asked for output meanwhile.
    func whileTaken<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        assert(!isTaken, "a session was asked for output while another one made a frame")
        isTaken = true
        defer { isTaken = false }
        return try body()
    }

    private func release(_ pointer: UnsafeMutableRawPointer?) {
        if pointer != frame { Glibc.free(pointer) }
    }

    private func reallocate(
        _ pointer: UnsafeMutableRawPointer?, _ size: Int
    ) -> UnsafeMutableRawPointer? {
        if pointer == nil, isMaking, size >= Self.frameBytesMin { return shared(size) }
        guard let pointer, pointer == frame else { return Glibc.realloc(pointer, size) }
        // A session wants more than the others: it gets its own.
        guard let own = Glibc.malloc(size) else { return nil }
        memcpy(own, pointer, min(size, frameBytes))
        return own
    }

    private func shared(_ size: Int) -> UnsafeMutableRawPointer? {
        if frame == nil {
            frame = Glibc.malloc(size)
            frameBytes = size
        }
        guard size <= frameBytes else { return Glibc.malloc(size) }
        frameUsers += 1
        return frame
    }
}
