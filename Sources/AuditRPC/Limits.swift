package import NIOCore

/// Every bound of the RPC layer. A value is checked before the memory that it bounds is taken.
package struct RPCLimits: Sendable, Equatable {
    /// Bytes of one message without its prefix: four times the largest batch that is worth sending.
    package var messageBytesMax = 4 << 20
    /// Calls that one connection may have open: SETTINGS_MAX_CONCURRENT_STREAMS.
    package var streamsPerConnectionMax = 1_000
    /// Connections that a server keeps open; one more is accepted and closed at once, so that its peer
    /// learns about it at once.
    package var connectionsMax = 10_000
    /// Bytes of one header list as RFC 9113 §6.5.2 counts them: 32 for a field and its text.
    package var headerListBytesMax = 16 << 10
    /// Request bytes of one connection that wait in memory, partial messages and paused calls together.
    /// The call that exceeds it ends; the others go on.
    package var connectionBufferedBytesMax = 16 << 20
    /// Bytes of answers that wait for one connection's peer to read them, of all its calls together. The
    /// call that exceeds it ends; a single message is always taken.
    package var connectionQueuedBytesMax = 32 << 20
    /// Flow-control window of a call, in bytes: what a peer may send before a paused handler stops it.
    package var streamWindowBytes = 256 << 10
    /// Flow-control window of a connection, in bytes: four stalled calls leave room for the others.
    package var connectionWindowBytes = 1 << 20
    /// Bytes queued on a call at which it stops being writable.
    package var outboundHighWatermarkBytes = 64 << 10
    /// Bytes queued on a call at which it becomes writable again; half, so that it does not flap.
    package var outboundLowWatermarkBytes = 32 << 10
    /// Request bytes that wait for an asynchronous handler before reading pauses.
    package var inboundHighWatermarkBytes = 64 << 10
    /// How long a peer may take from connecting to its first SETTINGS frame. A connection that says nothing
    /// would hold its slot for ever.
    package var handshakeTime = TimeAmount.seconds(10)
    /// How long a drain waits for a client to acknowledge the first GOAWAY before it says the last.
    package var drainNoticeTime = TimeAmount.seconds(1)
    /// Streams that a peer may reset in one burst, and then in each second. Above what honest clients
    /// cancel, below what makes the "rapid reset" attack worth while (CVE-2023-44487).
    package var streamResetBurst = 4_000
    package var streamResetsPerSecond = 400
    /// Answers to PING and SETTINGS that a peer may leave unread before its connection ends.
    package var unreadAcknowledgementsMax = 1_000
    /// Calls that a client opens before the server has said how many it may (RFC 9113 §6.5.2 recommends 100 at least).
    package var concurrentStreamsAssumed = 100
    /// How long a peer may take to close its side after this one has said all: a slow reader has that long for the
    /// bytes that the kernel still holds.
    package var closeTime = TimeAmount.seconds(30)
    /// Frames other than DATA that wait while the socket takes no bytes, above which no more is read: above what
    /// the calls of an honest peer can cause.
    package var waitingFramesMax = 4_000
    /// Bytes that one write to a socket gathers. Larger writes cost memory and win nothing.
    package var writeBytesMax = 256 << 10
    /// Bytes of a status message on the wire, percent-encoded; longer ones are cut, so that trailers stay
    /// within the header limits of peers.
    package var statusMessageBytesMax = 4 << 10

    package init() {}
}
