/// One stream of a session: its outbound bytes, and what happens to it.
///
/// nghttp2 hands each event the stream's address, so no table is looked up. The session keeps it alive until it is
/// closed. The functions run inside nghttp2: they may submit, and must not feed or drain the session.
///
/// What every call touches many times is `@exclusivity(unchecked)`, here and in the other classes of a connection: it
/// belongs to one thread, and each change ends before anybody else is called. The checks took a ninth of a unary call.
package class HTTP2Stream {
    /// What a stream sends after its last byte.
    enum Trailers {
        /// Nothing: the last DATA frame ends the stream.
        case none
        /// `grpc-status: 0`, the usual end of a call.
        case ok
        case fields(HeaderFields)
    }

    /// Which list of header fields has ended.
    enum HeaderList {
        /// The first list: a request's, or a response's (which may be informational).
        case initial
        /// A later list.
        case trailing
    }

    /// 0 before the session gave one.
    final var id: Int32 = 0
    /// Its place in the session's list of open streams.
    final var index = -1
    @exclusivity(unchecked) final var outbound = OutboundQueue()
    @exclusivity(unchecked) final var trailers = Trailers.none
    /// nghttp2 asked for bytes when there were none, and must be told when there are.
    final var isDeferred = false
    /// Its request waited for a place among the concurrent streams when the connection stopped taking any.
    final var wasNotSent = false
    /// A reset was asked for, and is not nghttp2's answer to an error of the peer.
    final var isResetByThisSide = false
    /// Reset the stream with NO_ERROR once its end has gone out: the peer may stop sending (RFC 9113 §8.1).
    final var resetsAfterEnd = false

    /// Nothing to say about the session's moves; a subclass acts on what concerns it.
    func receiveHeader(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {}
    func receiveHeadersEnd(_ list: HeaderList, endStream: Bool) {}
    func receiveData(_ bytes: UnsafeRawBufferPointer) {}
    /// The peer's side ended. Does not follow `receiveHeadersEnd(endStream: true)`.
    func receiveEnd() {}
    /// Bytes left the queue for a frame.
    func outboundTaken() {}
    /// The stream is over; nothing follows.
    func closed(code: HTTP2ErrorCode) {}
}
