import CNghttp2
import NIOCore

/// Which end of the connection a session is.
enum HTTP2Role: Sendable {
    case client
    case server
}

/// What concerns the whole connection. Runs inside nghttp2, like the functions of a stream.
protocol HTTP2SessionDelegate: AnyObject {
    /// A peer opened a stream. Nil refuses it.
    func openStream() -> HTTP2Stream?
    func receivedSettings()
    func receivedPingAcknowledgement(_ ping: HTTP2Ping)
    func receivedGoAway(lastStreamID: Int32, code: HTTP2ErrorCode, debugText: String)
}

/// An nghttp2 session: bytes in, bytes and events out. It does no I/O and knows no time.
///
/// The functions borrow it only, so an event may submit while the session reads.
struct HTTP2Session: ~Copyable {
    let handle: OpaquePointer
    let state: SessionState
    /// Of the event loop; nil of a client's.
    private let memory: SessionMemory?

    /// Queues the settings, which is also what makes `wantsWrite` true at once.
    ///
    /// - Parameter memory: what a server's session shares with the others of its event loop.
    init(role: HTTP2Role, settings: HTTP2Settings, memory: SessionMemory? = nil) {
        precondition((memory != nil) == (role == .server), "servers share memory, clients do not")
        state = SessionState(headerListBytesCut: settings.headerListBytesCut)
        handle = Self.makeHandle(settings: settings, state: state, memory: memory)
        self.memory = memory
        Self.submit(settings, role: role, to: handle)
    }

    private static func makeHandle(
        settings: HTTP2Settings, state: SessionState, memory: SessionMemory?
    ) -> OpaquePointer {
        var options: OpaquePointer?
        nghttp2_option_new(&options)
        guard let options else { preconditionFailure("out of memory") }
        defer { nghttp2_option_del(options) }
        // Window goes back when a message is consumed, not when bytes arrive: that is the backpressure.
        nghttp2_option_set_no_auto_window_update(options, 1)
        // Closed streams served RFC 7540 priorities only.
        nghttp2_option_set_no_closed_streams(options, 1)
        // gRPC clients may put spaces around the values of metadata, which RFC 9113 §8.2.1 forbids.
        nghttp2_option_set_no_rfc9113_leading_and_trailing_ws_validation(options, 1)
        // PING and SETTINGS floods: answers that a peer may leave unread before it is cut.
        nghttp2_option_set_max_outbound_ack(options, settings.unreadAcknowledgementsMax)
        // Until a server's SETTINGS are there, as many as RFC 9113 §6.5.2 recommends.
        nghttp2_option_set_peer_max_concurrent_streams(
            options, UInt32(settings.concurrentStreamsAssumed))
        // CONTINUATION floods (CVE-2024-28182). It counts the reads that a frame's head of nine bytes is cut into, and
        // they are no fault of the peer's; a server's `FrameInspector` counts the frames.
        nghttp2_option_set_max_continuations(options, 9 * (settings.continuationsMax + 1))
        nghttp2_option_set_max_settings(options, settings.settingsEntriesMax)
        // Its own limit of incoming resets says GOAWAY and goes on serving: ours ends the connection long before.
        nghttp2_option_set_stream_reset_rate_limit(options, 1 << 20, 1 << 20)

        var session: OpaquePointer?
        let user = Unmanaged.passUnretained(state).toOpaque()
        let callbacks = SessionCallbacks.shared.handle
        if let memory {
            memory.make {
                nghttp2_session_server_new3(&session, callbacks, user, options, $0)
            }
        } else {
            nghttp2_session_client_new2(&session, callbacks, user, options)
        }
        // It fails for want of memory only, which Swift's own allocations do not survive either.
        guard let session else { preconditionFailure("out of memory") }
        return session
    }

    deinit {
        nghttp2_session_del(handle)
    }

    /// The delegate must outlive the session.
    func setDelegate(_ delegate: any HTTP2SessionDelegate) {
        state.delegate = delegate
    }

    private static func submit(
        _ settings: HTTP2Settings, role: HTTP2Role, to handle: OpaquePointer
    ) {
        var entries = [
            entry(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, settings.streamWindowBytes),
            entry(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, settings.headerListBytesMax),
            // No RFC 7540 tree to keep: streams take turns.
            entry(NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1),
        ]
        switch role {
        case .client: entries.append(entry(NGHTTP2_SETTINGS_ENABLE_PUSH, 0))
        case .server:
            entries.append(
                entry(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, settings.concurrentStreamsMax))
        }
        nghttp2_submit_settings(
            handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), entries, entries.count)
        nghttp2_session_set_local_window_size(
            handle, 0, 0, Int32(settings.connectionWindowBytes))
    }

    private static func entry(_ id: nghttp2_settings_id, _ value: Int) -> nghttp2_settings_entry {
        nghttp2_settings_entry(settings_id: Int32(id.rawValue), value: UInt32(value))
    }

    /// Streams that are open, in no order.
    var openStreams: [HTTP2Stream] { state.streams }

    var openStreamCount: Int { state.streams.count }

    /// What nghttp2 first found wrong with the peer's frames.
    var lastProblem: String? { state.lastProblem }

    /// A GOAWAY that names an error has been given out.
    var hasBlamedPeer: Bool { state.hasBlamedPeer }

    /// Grows with each frame of answers that is given out, unless a tiny window made it tiny.
    var answersSent: Int { state.answersSent }

    /// Grows with each stream that nghttp2 resets for an error of the peer's frames.
    var streamErrors: Int { state.streamErrors }

    /// False when the connection has nothing more to receive: after GOAWAY and the last stream.
    var wantsRead: Bool { nghttp2_session_want_read(handle) != 0 }
    var wantsWrite: Bool { nghttp2_session_want_write(handle) != 0 }

    /// Frames other than DATA that wait to be taken as output.
    var waitingFrames: Int { nghttp2_session_get_outbound_queue_size(handle) }

    /// Takes bytes of the peer, and calls the functions of streams and delegate for what they mean.
    func receive(_ bytes: UnsafeRawBufferPointer) throws(HTTP2SessionError) {
        guard let start = bytes.baseAddress else { return }
        let result = nghttp2_session_mem_recv(
            handle, start.assumingMemoryBound(to: UInt8.self), bytes.count)
        guard result < 0 else { return }
        throw HTTP2SessionError(code: Int32(result), fault: state.fault)
    }

    /// Adds the next bytes for the peer to the output, about one frame; false when there are none.
    func gatherOutput() throws(HTTP2SessionError) -> Bool {
        guard let memory else { return try gatherFrame() }
        return try memory.whileTaken { () throws(HTTP2SessionError) in try gatherFrame() }
    }

    private func gatherFrame() throws(HTTP2SessionError) -> Bool {
        let gathered = state.output.byteCount
        var start: UnsafePointer<UInt8>?
        let count = nghttp2_session_mem_send(handle, &start)
        guard count >= 0 else { throw HTTP2SessionError(code: Int32(count), fault: nil) }
        if count > 0 { state.output.append(UnsafeRawBufferPointer(start: start, count: count)) }
        // A frame of shared bytes adds itself, and nghttp2 then speaks of none.
        return state.output.byteCount > gathered
    }

    /// Bytes that were gathered and not handed out.
    var outputBytes: Int { state.output.byteCount }

    /// Hands out what was gathered.
    func drainOutput(_ write: (ByteBuffer) -> Void) {
        state.output.drain(write)
    }

    /// What was handed out is written, unless the socket is full.
    func reuseOutputMemory() {
        state.output.reuseMemory()
    }

    /// The connection is gone: closes every stream.
    func closeAllStreams(code: HTTP2ErrorCode) {
        while let stream = state.streams.last {
            // nghttp2 must not find it any more, and must not close it a second time.
            nghttp2_session_set_stream_user_data(handle, stream.id, nil)
            _ = state.remove(.passUnretained(stream))
            stream.closed(code: code)
        }
    }
}

/// What the callbacks find behind nghttp2's user pointer.
final class SessionState {
    // unowned(unsafe): the delegate owns the session; a checked reference would cost on every event.
    unowned(unsafe) var delegate: (any HTTP2SessionDelegate)?
    /// The stream whose header list is being read. nghttp2 reads one list at a time.
    /// `streams` keeps it, and `remove` forgets it.
    @exclusivity(unchecked) var headerStream: Unmanaged<HTTP2Stream>?
    @exclusivity(unchecked) var streams: [HTTP2Stream] = []
    var lastProblem: String?
    var hasBlamedPeer = false
    /// Bytes of the header list that is being read, as RFC 9113 §6.5.2 counts them.
    var headerListBytes = 0
    let headerListBytesCut: Int
    /// Why a callback made nghttp2 give up.
    var fault: FrameFault?
    var answersSent = 0
    var streamErrors = 0
    /// For the peer.
    @exclusivity(unchecked) var output = OutputBuffer()

    init(headerListBytesCut: Int) {
        self.headerListBytesCut = headerListBytesCut
    }

    func insert(_ stream: consuming HTTP2Stream, id: Int32) {
        stream.id = id
        stream.index = streams.count
        streams.append(stream)
    }

    /// Hands over the reference by which it was kept; nil when it was not.
    func remove(_ stream: Unmanaged<HTTP2Stream>) -> HTTP2Stream? {
        if headerStream?.toOpaque() == stream.toOpaque() { headerStream = nil }
        let index = stream._withUnsafeGuaranteedRef { $0.index }
        guard index >= 0 else { return nil }
        var removed = streams.removeLast()
        if index < streams.count {
            swap(&streams[index], &removed)
            streams[index].index = index
        }
        removed.index = -1
        return removed
    }
}

extension HTTP2SessionError {
    init(code: Int32, fault: FrameFault?) {
        description = fault?.debugText ?? String(cString: nghttp2_strerror(code))
        isForeignProtocol = code == NGHTTP2_ERR_BAD_CLIENT_MAGIC.rawValue
        self.fault = fault ?? Self.fault(of: code)
    }

    /// The floods that nghttp2 finds itself.
    private static func fault(of code: Int32) -> FrameFault? {
        switch code {
        case NGHTTP2_ERR_FLOODED.rawValue: .flood(.unreadAcknowledgements)
        case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS.rawValue: .flood(.continuations)
        default: nil
        }
    }
}
