/// Why a connection ended: what the log says and what is counted.
package enum ConnectionEnd: String, Sendable, CaseIterable {
    /// The peer closed it, or the network did.
    case peer
    /// This side was asked to stop.
    case drained
    /// It was as old as it may become.
    case aged
    /// It had no call for long.
    case idle
    /// The peer did not answer a PING: it is gone, or the way to it.
    case silent
    /// The peer connected and did not begin HTTP/2 in time.
    case handshake
    /// A header list was not whole in time.
    case slowHeaders
    /// Bytes waited for the peer, and none of them moved.
    case stalled
    /// The first bytes were not HTTP/2.
    case foreign
    /// The peer broke HTTP/2.
    case broken
    /// More frames that carry nothing, or larger header lists, than an honest peer sends.
    case flood

    /// The code of the GOAWAY.
    var code: HTTP2ErrorCode {
        switch self {
        case .peer, .drained, .aged, .idle, .silent: .noError
        case .handshake: .settingsTimeout
        case .slowHeaders, .stalled, .flood: .enhanceYourCalm
        case .foreign, .broken: .protocolError
        }
    }

    /// The debug data of the GOAWAY: words that gRPC's servers use where they have some.
    var debugText: String {
        switch self {
        case .peer, .silent, .foreign, .broken, .flood: ""
        case .drained: "graceful_stop"
        case .aged: "max_age"
        case .idle: "max_idle"
        case .handshake: "no SETTINGS in time"
        case .slowHeaders: "a header list took too long"
        case .stalled: "nothing moved for too long"
        }
    }
}
