import CNghttp2

/// What a session is asked to send. Everything here queues; `gatherOutput` gives the bytes.
extension HTTP2Session {
    /// Starts a request whose body is the stream's outbound queue. False when the connection takes none any more.
    func submitRequest(_ fields: HeaderFields, stream: HTTP2Stream) -> Bool {
        var provider = dataProvider(of: stream)
        let user = Unmanaged.passUnretained(stream).toOpaque()
        let id = fields.withNghttp2 { start, count in
            nghttp2_submit_request(handle, nil, start, count, &provider, user)
        }
        guard id > 0 else { return false }
        state.insert(stream, id: id)
        return true
    }

    /// Starts the usual response; its body is the stream's outbound queue.
    func submitResponse(stream: HTTP2Stream) {
        var provider = dataProvider(of: stream)
        let block = StaticHeaders.response
        let result = nghttp2_submit_response(
            handle, stream.id, block.start, block.count, &provider)
        assert(result == 0, "nghttp2_submit_response: \(result)")
    }

    /// A response of other fields. Its body is the stream's outbound queue, unless the fields are all of it.
    func submitResponse(_ fields: HeaderFields, stream: HTTP2Stream, hasBody: Bool) {
        var provider = dataProvider(of: stream)
        let result = fields.withNghttp2 { start, count in
            withUnsafePointer(to: &provider) {
                nghttp2_submit_response(handle, stream.id, start, count, hasBody ? $0 : nil)
            }
        }
        assert(result == 0, "nghttp2_submit_response: \(result)")
    }

    /// The outbound queue has bytes, or its end, again.
    func resume(_ stream: HTTP2Stream) {
        guard stream.isDeferred else { return }
        stream.isDeferred = false
        nghttp2_session_resume_data(handle, stream.id)
    }

    func reset(_ stream: HTTP2Stream, code: HTTP2ErrorCode) {
        guard stream.id > 0 else { return }
        stream.isResetByThisSide = true
        nghttp2_submit_rst_stream(
            handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream.id, code.rawValue)
    }

    /// Neither stream nor connection has window for one more byte of the body.
    func isBlocked(_ stream: HTTP2Stream) -> Bool {
        guard !stream.isDeferred else { return false }
        return nghttp2_session_get_stream_remote_window_size(handle, stream.id) <= 0
            || nghttp2_session_get_remote_window_size(handle) <= 0
    }

    /// Gives window back to the peer, for bytes that this side has dealt with.
    func consume(connection count: Int) {
        if count > 0 { nghttp2_session_consume_connection(handle, count) }
    }

    func consume(_ stream: HTTP2Stream, _ count: Int) {
        if count > 0 { nghttp2_session_consume_stream(handle, stream.id, count) }
    }

    /// First step of a graceful end (RFC 9113 §6.8): no new streams, please. A PING that follows it shows when the
    /// peer has read it; then `submitGoAway` says which streams count.
    func submitShutdownNotice() {
        nghttp2_submit_shutdown_notice(handle)
    }

    /// Overtakes everything that is queued.
    func submitPing(_ ping: HTTP2Ping) {
        withUnsafeBytes(of: ping.rawValue) {
            _ = nghttp2_submit_ping(
                handle, UInt8(NGHTTP2_FLAG_NONE.rawValue),
                $0.baseAddress!.assumingMemoryBound(to: UInt8.self))
        }
    }

    /// Second step: streams above the last one that arrived are refused.
    func submitGoAway(code: HTTP2ErrorCode, debugText: String) {
        var text = debugText
        text.withUTF8 {
            _ = nghttp2_submit_goaway(
                handle, UInt8(NGHTTP2_FLAG_NONE.rawValue),
                nghttp2_session_get_last_proc_stream_id(handle), code.rawValue, $0.baseAddress,
                $0.count)
        }
    }

    /// GOAWAY at once; the session takes and gives nothing after it.
    func terminate(code: HTTP2ErrorCode) {
        nghttp2_session_terminate_session(handle, code.rawValue)
    }

    private func dataProvider(of stream: HTTP2Stream) -> nghttp2_data_provider {
        nghttp2_data_provider(
            source: nghttp2_data_source(ptr: Unmanaged.passUnretained(stream).toOpaque()),
            read_callback: readOutbound)
    }
}

/// nghttp2 asks for the next bytes of a stream's body.
private let readOutbound: nghttp2_data_source_read_callback = {
    session, streamID, target, capacity, flags, source, user in
    Unmanaged<HTTP2Stream>.fromOpaque(source!.pointee.ptr)._withUnsafeGuaranteedRef { stream in
        let count: Int
        let left: Int
        if stream.outbound.sharesNext(capacity) {
            // The frame is for `sendShared` to write, which nghttp2 calls next.
            count = min(capacity, stream.outbound.byteCount)
            left = stream.outbound.byteCount - count
            flags!.pointee |= NGHTTP2_DATA_FLAG_NO_COPY.rawValue
        } else {
            count = stream.outbound.read(into: target!, capacity: capacity)
            left = stream.outbound.byteCount
            if count > 0 { stream.outboundTaken() }
        }
        // A peer that gives window byte by byte is not owed anything for the frames that this makes.
        if count >= 256 || left == 0 {
            Unmanaged<SessionState>.fromOpaque(user!)._withUnsafeGuaranteedRef {
                $0.answersSent &+= 1
            }
        }
        guard left == 0 else { return count }
        guard stream.outbound.isFinished else {
            if count > 0 { return count }
            stream.isDeferred = true
            return Int(NGHTTP2_ERR_DEFERRED.rawValue)
        }
        var ended = NGHTTP2_DATA_FLAG_EOF.rawValue
        switch stream.trailers {
        case .none: break
        case .ok:
            ended |= NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
            let block = StaticHeaders.trailersOK
            nghttp2_submit_trailer(session, streamID, block.start, block.count)
        case .fields(let fields):
            ended |= NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
            _ = fields.withNghttp2 { nghttp2_submit_trailer(session, streamID, $0, $1) }
        }
        flags!.pointee |= ended
        return count
    }
}

/// Header lists that never change: nghttp2 reads them where they are.
private struct StaticHeaders: @unchecked Sendable {
    // @unchecked: nothing writes to the memory after init, and it lives as long as the program.
    let start: UnsafePointer<nghttp2_nv>
    let count: Int

    static let response = StaticHeaders([
        (":status", "200"), ("content-type", "application/grpc"),
    ])
    static let trailersOK = StaticHeaders([("grpc-status", "0")])

    private init(_ fields: [(StaticString, StaticString)]) {
        let memory = UnsafeMutablePointer<nghttp2_nv>.allocate(capacity: fields.count)
        let flags = NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue | NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue
        for (index, (name, value)) in fields.enumerated() {
            (memory + index).initialize(
                to: nghttp2_nv(name: name.bytes, value: value.bytes, flags: UInt8(flags)))
        }
        start = UnsafePointer(memory)
        count = fields.count
    }
}

extension HeaderFields {
    /// Calls `body` with the fields as nghttp2 wants them; it copies what it keeps.
    fileprivate func withNghttp2<Result>(
        _ body: (UnsafePointer<nghttp2_nv>, Int) -> Result
    ) -> Result {
        storage.withUnsafeBytes { _ in
            withUnsafeTemporaryAllocation(of: nghttp2_nv.self, capacity: count) { list in
                var index = 0
                visit { name, value in
                    // Two calls hardly ever end with the same details: in the compressor's table they would only drive
                    // out what is said again and again.
                    let isUnique = name.equals("grpc-status-details-bin")
                    let flags = isUnique ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE
                    list.initializeElement(
                        at: index,
                        to: nghttp2_nv(name: name, value: value, flags: UInt8(flags.rawValue)))
                    index += 1
                }
                return body(UnsafePointer(list.baseAddress!), count)
            }
        }
    }
}

extension nghttp2_nv {
    fileprivate init(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, flags: UInt8) {
        // nghttp2 takes pointers to mutable bytes and never writes to them.
        self.init(
            name: UnsafeMutablePointer(
                mutating: name.baseAddress?.assumingMemoryBound(to: UInt8.self)),
            value: UnsafeMutablePointer(
                mutating: value.baseAddress?.assumingMemoryBound(to: UInt8.self)),
            namelen: name.count, valuelen: value.count, flags: flags)
    }
}
