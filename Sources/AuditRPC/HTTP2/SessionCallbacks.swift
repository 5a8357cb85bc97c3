import CNghttp2

/// The table of functions that every session shares.
struct SessionCallbacks: @unchecked Sendable {
    // @unchecked: nghttp2 copies the table into each session and nothing writes to it after init.
    let handle: OpaquePointer

    static let shared = SessionCallbacks()

    private init() {
        var callbacks: OpaquePointer?
        nghttp2_session_callbacks_new(&callbacks)
        guard let callbacks else { preconditionFailure("out of memory at start") }
        handle = callbacks
        nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, onBeginHeaders)
        nghttp2_session_callbacks_set_on_header_callback(callbacks, onHeader)
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, onFrameReceived)
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, onData)
        nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, onFrameSent)
        nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, onFrameNotSent)
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, onStreamClose)
        nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, onInvalidFrame)
        nghttp2_session_callbacks_set_send_data_callback(callbacks, sendShared)
        nghttp2_session_callbacks_set_error_callback2(callbacks, onError)
    }
}

@inline(__always)
private func withState<Result>(
    _ user: UnsafeMutableRawPointer?, _ body: (SessionState) -> Result
) -> Result {
    Unmanaged<SessionState>.fromOpaque(user!)._withUnsafeGuaranteedRef(body)
}

/// The stream that a frame belongs to, unless it was refused or is closed.
@inline(__always)
private func withStream(
    _ session: OpaquePointer?, _ id: Int32, _ body: (HTTP2Stream) -> Void
) {
    guard let address = nghttp2_session_get_stream_user_data(session, id) else { return }
    Unmanaged<HTTP2Stream>.fromOpaque(address)._withUnsafeGuaranteedRef(body)
}

private let onBeginHeaders: nghttp2_on_begin_headers_callback = { session, frame, user in
    withState(user) { state in
        let id = frame!.pointee.hd.stream_id
        state.headerListBytes = 0
        guard frame!.pointee.headers.cat == NGHTTP2_HCAT_REQUEST else {
            state.headerStream = nil
            withStream(session, id) { state.headerStream = .passUnretained($0) }
            return 0
        }
        guard let stream = state.delegate?.openStream() else {
            state.headerStream = nil
            nghttp2_submit_rst_stream(
                session, UInt8(NGHTTP2_FLAG_NONE.rawValue), id,
                HTTP2ErrorCode.refusedStream.rawValue)
            return Int32(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
        }
        state.headerStream = .passUnretained(stream)
        nghttp2_session_set_stream_user_data(
            session, id, Unmanaged.passUnretained(stream).toOpaque())
        state.insert(stream, id: id)
        return 0
    }
}

private let onHeader: nghttp2_on_header_callback = {
    _, _, name, nameBytes, value, valueBytes, _, user in
    withState(user) { state in
        // A byte on the wire can name kilobytes of the compressor's table: stop before all of them are looked at.
        state.headerListBytes += nameBytes + valueBytes + 32
        guard state.headerListBytes <= state.headerListBytesCut else {
            state.fault = .headersTooLarge
            return Int32(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)
        }
        state.headerStream?._withUnsafeGuaranteedRef {
            $0.receiveHeader(
                name: UnsafeRawBufferPointer(start: name, count: nameBytes),
                value: UnsafeRawBufferPointer(start: value, count: valueBytes))
        }
        return 0
    }
}

private let onData: nghttp2_on_data_chunk_recv_callback = { session, _, id, start, count, _ in
    withStream(session, id) {
        $0.receiveData(UnsafeRawBufferPointer(start: start, count: count))
    }
    return 0
}

private let onFrameReceived: nghttp2_on_frame_recv_callback = { session, frame, user in
    let header = frame!.pointee.hd
    let endStream = header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
    switch UInt32(header.type) {
    case NGHTTP2_DATA.rawValue:
        if endStream { withStream(session, header.stream_id) { $0.receiveEnd() } }
    case NGHTTP2_HEADERS.rawValue:
        withState(user) { state in
            guard let stream = state.headerStream else { return }
            state.headerStream = nil
            let category = frame!.pointee.headers.cat
            stream._withUnsafeGuaranteedRef {
                $0.receiveHeadersEnd(
                    category == NGHTTP2_HCAT_HEADERS ? .trailing : .initial, endStream: endStream)
            }
        }
    case NGHTTP2_SETTINGS.rawValue:
        if header.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) == 0 {
            withState(user) { $0.delegate?.receivedSettings() }
        }
    case NGHTTP2_PING.rawValue:
        if header.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0 {
            let payload = frame!.pointee.ping.opaque_data
            let ping = HTTP2Ping(rawValue: unsafeBitCast(payload, to: UInt64.self))
            withState(user) { $0.delegate?.receivedPingAcknowledgement(ping) }
        }
    case NGHTTP2_GOAWAY.rawValue:
        let goAway = frame!.pointee.goaway
        let text = UnsafeBufferPointer(start: goAway.opaque_data, count: goAway.opaque_data_len)
        withState(user) {
            $0.delegate?.receivedGoAway(
                lastStreamID: goAway.last_stream_id,
                code: HTTP2ErrorCode(rawValue: goAway.error_code),
                debugText: String(decoding: text.prefix(256), as: UTF8.self))
        }
    default: break
    }
    return 0
}

private let onFrameSent: nghttp2_on_frame_send_callback = { session, frame, user in
    let header = frame!.pointee.hd
    switch UInt32(header.type) {
    case NGHTTP2_GOAWAY.rawValue: noteProblem(frame!.pointee.goaway, user)
    case NGHTTP2_RST_STREAM.rawValue: noteReset(frame!.pointee.rst_stream, session, user)
    case NGHTTP2_HEADERS.rawValue: withState(user) { $0.answersSent &+= 1 }
    default: break
    }
    guard header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0,
        header.type <= NGHTTP2_HEADERS.rawValue
    else { return 0 }
    withStream(session, header.stream_id) { stream in
        guard stream.resetsAfterEnd else { return }
        nghttp2_submit_rst_stream(
            session, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream.id, HTTP2ErrorCode.noError.rawValue)
    }
    return 0
}

/// A DATA frame with pieces of shared messages, which are named to the socket instead of copied.
private let sendShared: nghttp2_send_data_callback = { _, _, head, count, source, user in
    withState(user) { state in
        state.output.append(UnsafeRawBufferPointer(start: head, count: 9))
        Unmanaged<HTTP2Stream>.fromOpaque(source!.pointee.ptr)._withUnsafeGuaranteedRef {
            $0.outbound.move(count, to: &state.output)
            $0.outboundTaken()
        }
    }
    // One frame at a time, so that whoever gathers can stop in between.
    return Int32(NGHTTP2_ERR_PAUSE.rawValue)
}

/// A request that nghttp2 held back and may send no more after GOAWAY; the end of its stream follows.
private let onFrameNotSent: nghttp2_on_frame_not_send_callback = { session, frame, error, _ in
    let frame = frame!.pointee
    let isTooLate =
        error == NGHTTP2_ERR_START_STREAM_NOT_ALLOWED.rawValue
        || error == NGHTTP2_ERR_SESSION_CLOSING.rawValue
    if isTooLate, UInt32(frame.hd.type) == NGHTTP2_HEADERS.rawValue,
        frame.headers.cat == NGHTTP2_HCAT_REQUEST
    {
        withStream(session, frame.hd.stream_id) { $0.wasNotSent = true }
    }
    return 0
}

/// nghttp2 ends a connection on its own, and says only in its GOAWAY what the peer did wrong.
private func noteProblem(_ goAway: nghttp2_goaway, _ user: UnsafeMutableRawPointer?) {
    guard goAway.error_code != HTTP2ErrorCode.noError.rawValue else { return }
    let code = HTTP2ErrorCode(rawValue: goAway.error_code)
    let text = UnsafeBufferPointer(start: goAway.opaque_data, count: goAway.opaque_data_len)
    withState(user) { state in
        state.hasBlamedPeer = true
        if state.lastProblem == nil {
            state.lastProblem = "\(code) \(printable(text))"
        }
    }
}

/// Counts the resets that a peer provoked: nghttp2 sent them for an error in the peer's frames.
private func noteReset(
    _ reset: nghttp2_rst_stream, _ session: OpaquePointer?, _ user: UnsafeMutableRawPointer?
) {
    // Calls above the limits count too: each costs its header list and an answer.
    guard reset.error_code != HTTP2ErrorCode.noError.rawValue else { return }
    var isOurs = false
    withStream(session, reset.hd.stream_id) { isOurs = $0.isResetByThisSide }
    if !isOurs { withState(user) { $0.streamErrors &+= 1 } }
}

private let onStreamClose: nghttp2_on_stream_close_callback = { session, id, code, user in
    guard let address = nghttp2_session_get_stream_user_data(session, id) else { return 0 }
    nghttp2_session_set_stream_user_data(session, id, nil)
    let stream = withState(user) { $0.remove(Unmanaged.fromOpaque(address)) }
    stream?.closed(code: HTTP2ErrorCode(rawValue: code))
    return 0
}

private let onInvalidFrame: nghttp2_on_invalid_frame_recv_callback = { _, _, code, user in
    withState(user) { state in
        if state.lastProblem == nil { state.lastProblem = String(cString: nghttp2_strerror(code)) }
        return 0
    }
}

/// What nghttp2 says may hold bytes of the peer's, which must not write lines of their own into a log.
private func printable(_ text: some Collection<UInt8>) -> String {
    String(
        decoding: text.map { (0x20...0x7e).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
}

private let onError: nghttp2_error_callback2 = { _, _, text, count, user in
    withState(user) { state in
        // A peer that sends one bad frame after the other must not make us format each.
        guard state.lastProblem == nil, let text else { return }
        let bytes = UnsafeRawBufferPointer(start: text, count: min(count, 256))
        state.lastProblem = printable(bytes)
    }
    return 0
}
