/// The error codes of RFC 9113 §7.
struct HTTP2ErrorCode: RawRepresentable, Sendable, Equatable, CustomStringConvertible {
    var rawValue: UInt32

    static let noError = HTTP2ErrorCode(rawValue: 0)
    static let protocolError = HTTP2ErrorCode(rawValue: 1)
    static let internalError = HTTP2ErrorCode(rawValue: 2)
    static let flowControlError = HTTP2ErrorCode(rawValue: 3)
    static let settingsTimeout = HTTP2ErrorCode(rawValue: 4)
    static let streamClosed = HTTP2ErrorCode(rawValue: 5)
    static let frameSizeError = HTTP2ErrorCode(rawValue: 6)
    static let refusedStream = HTTP2ErrorCode(rawValue: 7)
    static let cancel = HTTP2ErrorCode(rawValue: 8)
    static let compressionError = HTTP2ErrorCode(rawValue: 9)
    static let connectError = HTTP2ErrorCode(rawValue: 10)
    static let enhanceYourCalm = HTTP2ErrorCode(rawValue: 11)
    static let inadequateSecurity = HTTP2ErrorCode(rawValue: 12)
    static let http11Required = HTTP2ErrorCode(rawValue: 13)

    private static let names = [
        "NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT",
        "STREAM_CLOSED", "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR",
        "CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
    ]

    var description: String {
        rawValue < Self.names.count ? Self.names[Int(rawValue)] : "error \(rawValue)"
    }
}

/// The bytes of a peer that no session can go on after.
struct HTTP2SessionError: Error, Equatable, CustomStringConvertible {
    /// In words for a log.
    var description: String
    /// The first bytes were not HTTP/2: a peer of another protocol.
    var isForeignProtocol: Bool
    /// What this module found or has a name for; nil: nghttp2 gave up for another reason.
    var fault: FrameFault?

    /// What the GOAWAY says.
    var code: HTTP2ErrorCode { fault?.code ?? .protocolError }
}

extension HTTP2SessionError {
    init(_ fault: FrameFault) {
        self.init(description: fault.debugText, isForeignProtocol: false, fault: fault)
    }
}
