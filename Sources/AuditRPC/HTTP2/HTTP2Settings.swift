/// What a session tells its peer, and holds it to.
struct HTTP2Settings: Sendable {
    var concurrentStreamsMax: Int
    var headerListBytesMax: Int
    /// Bytes of a header list at which decoding stops, and the connection ends: far above what is refused politely.
    var headerListBytesCut: Int
    var streamWindowBytes: Int
    var connectionWindowBytes: Int
    var unreadAcknowledgementsMax: Int
    var continuationsMax: Int
    var settingsEntriesMax: Int
    var concurrentStreamsAssumed: Int

    init(_ limits: RPCLimits) {
        concurrentStreamsMax = limits.streamsPerConnectionMax
        headerListBytesMax = limits.headerListBytesMax
        headerListBytesCut = limits.headerListBytesCut
        streamWindowBytes = limits.streamWindowBytes
        connectionWindowBytes = limits.connectionWindowBytes
        unreadAcknowledgementsMax = limits.unreadAcknowledgementsMax
        continuationsMax = limits.continuationsMax
        settingsEntriesMax = limits.settingsEntriesMax
        concurrentStreamsAssumed = limits.concurrentStreamsAssumed
    }
}

/// What a PING of this side asks: its payload, which the answer repeats.
struct HTTP2Ping: RawRepresentable, Equatable, Sendable {
    var rawValue: UInt64

    /// Are you there?
    static let keepalive = HTTP2Ping(rawValue: 1)
    /// Have you read that I am going away?
    static let notice = HTTP2Ping(rawValue: 2)
}
