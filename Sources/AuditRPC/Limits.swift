package import NIOCore

/// Every bound of the RPC layer. A value is checked before the memory that it bounds is taken.
package struct RPCLimits: Sendable, Equatable {
    /// Bytes of one message without its prefix: four times the largest batch that is worth sending.
    package var messageBytesMax = 4 << 20
    /// Calls that one connection may have open: SETTINGS_MAX_CONCURRENT_STREAMS.
    package var streamsPerConnectionMax = 1_000
    /// Calls that all connections of a server may have open together, at one to two kilobytes each: what peers that
    /// begin calls and never end them can cost. Each connection may have its part of it (10 of 100,000, with as many
    /// connections as there may be) whatever the others do; one more is refused with REFUSED_STREAM.
    package var callsMax = 100_000
    /// Connections that a server keeps open; one more is accepted and closed at once, so that its peer
    /// learns about it at once.
    package var connectionsMax = 10_000
    /// Bytes of one header list as RFC 9113 §6.5.2 counts them: 32 for a field and its text.
    package var headerListBytesMax = 16 << 10
    /// Request bytes of one connection that wait in memory, partial messages and paused calls together.
    /// The call that exceeds it ends; the others go on.
    package var connectionBufferedBytesMax = 16 << 20
    /// Bytes of answers that wait for one connection's peer to read them, of all its calls together; what several of
    /// them send counts once. The call that exceeds it ends; a single message is always taken. Calls that ask whether
    /// they are writable wait before that.
    package var connectionQueuedBytesMax = 32 << 20
    /// Bytes that wait in memory for all connections of a server, requests and answers together. Each connection may
    /// have its part of it (26 KiB, with as many connections as there may be) whatever the others do; a call that
    /// needs more ends with RESOURCE_EXHAUSTED. All together stay below twice this.
    package var waitingBytesMax = 256 << 20
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
    /// What a peer may cost with frames that carry nothing, in one burst and then in each second; `FrameFlood` says
    /// what each kind costs. 4,000 resets and then 400 a second, above what honest clients cancel and below what makes
    /// a "rapid reset" worth while (CVE-2023-44487); 10,000 PRIORITY, WINDOW_UPDATE, PING or unknown frames and
    /// then 1,000; 10,000,000 DATA frames of a byte and then 1,000,000, so that the largest messages pass a proxy that
    /// cuts them into bytes, two of them at once.
    package var frameUnitsMax = 10_000_000
    package var frameUnitsPerSecond = 1_000_000
    /// Answers to PING and SETTINGS that a peer may leave unread before its connection ends.
    package var unreadAcknowledgementsMax = 1_000
    /// CONTINUATION frames of one header list: the largest that is decoded fits into five frames.
    package var continuationsMax = 8
    /// Entries of one SETTINGS frame; RFC 9113 and its extensions know ten.
    package var settingsEntriesMax = 32
    /// Bytes that the first read of a connection asks for. It doubles with each read that is full, and the connection
    /// keeps the memory: one that follows and sends nothing more has sent about as much.
    package var firstReadBytes = 256
    /// Bytes that a read asks for at the most.
    package var readBytesMax = 64 << 10
    /// How long a peer may take from the first byte of a header list to its last.
    package var headerTime = TimeAmount.seconds(10)
    /// How long the answer to a request that is not gRPC's waits for the end of that request: those who send a request
    /// without end learn what this is all the same.
    package var foreignRequestTime = TimeAmount.milliseconds(500)
    /// A connection whose waiting bytes, requests or answers, do not move at all for that long ends, and so does a call
    /// whose single request is not whole, or whose answer is not taken; after twice that at the latest. A person may
    /// pause what they read for a while.
    package var stallTime = TimeAmount.minutes(15)
    /// Calls that a client opens before the server has said how many it may (RFC 9113 §6.5.2 recommends 100 at least).
    package var concurrentStreamsAssumed = 100
    /// How long a peer may take to close its side after this one has said all: a slow reader has that long for the
    /// bytes that the kernel still holds.
    package var closeTime = TimeAmount.seconds(30)
    /// How long a peer that broke the rules gets to read why, before its connection is closed: closing at once would
    /// throw the GOAWAY away.
    package var lingerTime = TimeAmount.seconds(1)
    /// Frames other than DATA that wait while the socket takes no bytes, above which no more is read: above what
    /// the calls of an honest peer can cause.
    package var waitingFramesMax = 4_000
    /// Bytes that one write to a socket gathers. Larger writes cost memory and win nothing.
    package var writeBytesMax = 256 << 10
    /// Bytes of a status message on the wire, percent-encoded; longer ones are cut, so that trailers stay
    /// within the header limits of peers.
    package var statusMessageBytesMax = 4 << 10
    /// Bytes of status details; longer ones are left out. In base64 and with the message they stay below the 16 KiB
    /// of trailers above which gRPC's C core refuses them.
    package var statusDetailsBytesMax = 6 << 10
    /// Bytes of a file of certificates or of a key: a thousand certificates.
    package var tlsFileBytesMax = 1 << 20
    /// How often the files of a server's TLS are looked at. New certificates come days before the old ones end.
    package var tlsCheckInterval = TimeAmount.seconds(5)
    /// How long an end of TLS waits for the other to say goodbye too, before it closes all the same.
    package var tlsCloseTime = TimeAmount.seconds(1)
    /// How long before a certificate ends the log says so: two weeks are time to renew it.
    package var certificateNoticeTime = TimeAmount.hours(14 * 24)
    /// How often the log says it again.
    package var certificateNoticeInterval = TimeAmount.hours(24)

    /// Bytes of a header list, compressed or decoded, at which its connection ends. Up to there a list that is too
    /// large is decoded and refused with 431, because what follows depends on it; above, it is an attack
    /// (CVE-2016-1544).
    var headerListBytesCut: Int { 4 * headerListBytesMax }

    /// Bytes of answers that wait for a connection's peer at which none of its calls is writable any more: the largest
    /// message still has room above it.
    var connectionHighWatermarkBytes: Int { connectionQueuedBytesMax / 4 * 3 }
    /// At which they are again.
    var connectionLowWatermarkBytes: Int { connectionQueuedBytesMax / 2 }

    package init() {}
}
