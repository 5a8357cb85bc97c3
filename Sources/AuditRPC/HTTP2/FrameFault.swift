/// Frames that are legal one by one, cost their sender nothing, and the receiver some work each. What a kind costs is
/// counted in units of `FrameAllowance`: the work of one small DATA frame.
enum FrameFlood: String, Sendable, CaseIterable {
    /// RST_STREAM, the "rapid reset" (CVE-2023-44487): each lets one more call begin at once.
    case resets = "too_many_resets"
    /// Errors of single streams that made this side send RST_STREAM, the "made you reset" (CVE-2025-8671).
    case provokedResets = "too_many_stream_errors"
    /// Each changes every open stream's window, and must be acknowledged.
    case settings = "too_many_settings"
    case pings = "too_many_pings"
    /// DATA without a byte that does not end its stream.
    case emptyData = "too_many_empty_data"
    /// DATA of less than a message's prefix, or mostly padding. Honest senders make few, where a window ends.
    case fragments = "too_many_small_data"
    /// A further header list for a stream. No gRPC client sends request trailers.
    case trailers = "too_many_headers"
    case priorities = "too_many_priorities"
    case windowUpdates = "too_many_window_updates"
    case goAways = "too_many_goaways"
    case unknown = "too_many_unknown_frames"
    /// Compressed messages that become many times as long: a few bytes of the peer's keep a thread busy.
    case inflations = "too_much_compression"
    /// Answers to PING and SETTINGS that the peer does not read; nghttp2 counts them.
    case unreadAcknowledgements = "too_many_unread_answers"
    /// CONTINUATION frames of one header list (CVE-2024-28182).
    case continuations = "too_many_continuations"

    var cost: Int {
        switch self {
        // Ten bytes on the wire, and never an answer: a request costs its sender thirty bytes and the server a call.
        case .fragments: 1
        case .resets, .provokedResets: 2_500
        case .settings: 10_000
        case .inflations, .unreadAcknowledgements, .continuations: 0
        case .pings, .emptyData, .trailers, .priorities, .windowUpdates, .goAways, .unknown: 1_000
        }
    }

    /// Of a message that was inflated: nothing for what text and JSON usually win, and above that ten units for each
    /// 256 bytes. Sixty messages of a few kilobytes that become four mebibytes use up the burst.
    static func cost(ofInflating bytes: Int, to inflatedBytes: Int) -> Int {
        max(0, inflatedBytes - 32 * bytes) / 256 * 10
    }
}

/// What a peer's frames did that ends its connection.
enum FrameFault: Error, Sendable, Equatable {
    case flood(FrameFlood)
    /// PINGs more often than the server allows, on a connection that is otherwise quiet.
    case pingedTooOften
    /// A header list that is far above the limit, compressed or not.
    case headersTooLarge
    /// DATA or HEADERS for a stream that the peer has ended itself (RFC 9113 §5.1).
    case streamEnded
    /// HEADERS for a stream below one that is open, which was never opened (RFC 9113 §5.1.1).
    case streamSkipped
    /// PRIORITY for stream 0, or of a stream that depends on itself (RFC 9113 §6.3, RFC 7540 §5.3.1).
    case invalidPriority

    var code: HTTP2ErrorCode {
        switch self {
        case .flood, .pingedTooOften, .headersTooLarge: .enhanceYourCalm
        case .streamEnded: .streamClosed
        case .streamSkipped, .invalidPriority: .protocolError
        }
    }

    /// The debug data of the GOAWAY. gRPC's clients know "too_many_pings", and ask half as often from then on (A8).
    var debugText: String {
        switch self {
        case .flood(let flood): flood.rawValue
        case .pingedTooOften: FrameFlood.pings.rawValue
        case .headersTooLarge: "headers_too_large"
        case .streamEnded: "stream has ended"
        case .streamSkipped: "stream was skipped"
        case .invalidPriority: "invalid PRIORITY"
        }
    }
}
