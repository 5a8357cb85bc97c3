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
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, onStreamClose)
        nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, onInvalidFrame)
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
        guard frame!.pointee.headers.cat == NGHTTP2_HCAT_REQUEST else {
            state.headerStream = nil
            withStream(session, id) { state.headerStream = $0 }
            return 0
        }
        guard let stream = state.delegate?.openStream() else {
            state.headerStream = nil
            nghttp2_submit_rst_stream(
                session, UInt8(NGHTTP2_FLAG_NONE.rawValue), id,
                HTTP2ErrorCode.refusedStream.rawValue)
            return Int32(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
        }
        state.insert(stream, id: id)
        state.headerStream = stream
        nghttp2_session_set_stream_user_data(
            session, id, Unmanaged.passUnretained(stream).toOpaque())
        return 0
    }
}

private let onHeader: nghttp2_on_header_callback = {
    _, _, name, nameBytes, value, valueBytes, _, user in
    withState(user) { state in
        state.headerStream?.receiveHeader(
            name: UnsafeRawBufferPointer(start: name, count: nameBytes),
            value: UnsafeRawBufferPointer(start: value, count: valueBytes))
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
            stream.receiveHeadersEnd(
                category == NGHTTP2_HCAT_HEADERS ? .trailing : .initial, endStream: endStream)
        }
    case NGHTTP2_SETTINGS.rawValue:
        if header.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) == 0 {
            withState(user) { $0.delegate?.receivedSettings() }
        }
    case NGHTTP2_PING.rawValue:
        if header.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0 {
            withState(user) { $0.delegate?.receivedPingAcknowledgement() }
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
    if UInt32(header.type) == NGHTTP2_GOAWAY.rawValue { noteProblem(frame!.pointee.goaway, user) }
    guard header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0,
        UInt32(header.type) == NGHTTP2_HEADERS.rawValue
    else { return 0 }
    withStream(session, header.stream_id) { stream in
        guard stream.resetsAfterEnd else { return }
        nghttp2_submit_rst_stream(
            session, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream.id, HTTP2ErrorCode.noError.rawValue)
    }
    return 0
}

/// nghttp2 ends a connection on its own, and says only in its GOAWAY what the peer did wrong.
private func noteProblem(_ goAway: nghttp2_goaway, _ user: UnsafeMutableRawPointer?) {
    guard goAway.error_code != HTTP2ErrorCode.noError.rawValue else { return }
    let code = HTTP2ErrorCode(rawValue: goAway.error_code)
    let text = UnsafeBufferPointer(start: goAway.opaque_data, count: goAway.opaque_data_len)
    withState(user) { state in
        if state.lastProblem == nil {
            state.lastProblem = "\(code) \(String(decoding: text, as: UTF8.self))"
        }
    }
}

private let onStreamClose: nghttp2_on_stream_close_callback = { session, id, code, user in
    guard let address = nghttp2_session_get_stream_user_data(session, id) else { return 0 }
    let stream = Unmanaged<HTTP2Stream>.fromOpaque(address).takeUnretainedValue()
    nghttp2_session_set_stream_user_data(session, id, nil)
    withState(user) { state in
        if state.headerStream === stream { state.headerStream = nil }
        state.remove(stream)
    }
    stream.closed(code: HTTP2ErrorCode(rawValue: code))
    return 0
}

private let onInvalidFrame: nghttp2_on_invalid_frame_recv_callback = { _, _, code, user in
    withState(user) { state in
        if state.lastProblem == nil { state.lastProblem = String(cString: nghttp2_strerror(code)) }
        return 0
    }
}

private let onError: nghttp2_error_callback2 = { _, _, text, count, user in
    withState(user) { state in
        // A peer that sends one bad frame after the other must not make us format each.
        guard state.lastProblem == nil, let text else { return }
        let bytes = UnsafeRawBufferPointer(start: text, count: min(count, 256))
        state.lastProblem = String(decoding: bytes, as: UTF8.self)
    }
    return 0
}
