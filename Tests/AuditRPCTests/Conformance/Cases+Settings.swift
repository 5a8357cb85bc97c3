@testable import AuditRPC

/// RFC 9113 §6.5 and §6.9: SETTINGS and flow control.
extension ConformanceCase {
    static let settings: [ConformanceCase] = [
        .init(
            "http2/6.5/1", "an acknowledgement with a payload", [.frame(.settings, flags: 1, [0])],
            .connectionError(.frameSizeError)),
        .init(
            "http2/6.5/2", "SETTINGS of a stream",
            [.frame(.settings, stream: 1, [0, 3, 0, 0, 0, 0x64])],
            .connectionError(.protocolError)),
        .init(
            "http2/6.5/3", "SETTINGS of three bytes", [.frame(.settings, [0, 3, 0])],
            .streamError(.protocolError, .frameSizeError)),
        .init(
            "http2/6.5.2/1", "ENABLE_PUSH that is neither 0 nor 1", [.settings((2, 2))],
            .connectionError(.protocolError)),
        .init(
            "http2/6.5.2/2", "INITIAL_WINDOW_SIZE above the largest window",
            [.initialWindow(1 << 31)], .connectionError(.flowControlError)),
        .init(
            "http2/6.5.2/3", "MAX_FRAME_SIZE below the first value", [.settings((5, 16_383))],
            .connectionError(.protocolError)),
        .init(
            "http2/6.5.2/4", "MAX_FRAME_SIZE above the largest frame", [.settings((5, 1 << 24))],
            .connectionError(.protocolError)),
        .init(
            "http2/6.5.2/5", "a setting that nobody knows", [.settings((0xff, 1)), .ping("a")],
            .ping("a")),
        .init(
            "http2/6.5.3/1", "a setting twice: the last counts",
            [.settings((4, 100), (4, 1)), .awaitSettings, .get()], .data(bytes: 1)),
        .init(
            "http2/6.5.3/2", "SETTINGS are acknowledged", [.settings((2, 0))],
            .settingsAcknowledged),
    ]

    static let windows: [ConformanceCase] = [
        .init(
            "http2/6.9/1", "an increment of 0", [.window(0, 0)], .connectionError(.protocolError)),
        .init(
            "http2/6.9/2", "an increment of 0 for a stream", [.post(), .window(1, 0)],
            .streamError(.protocolError)),
        .init(
            "http2/6.9/3", "WINDOW_UPDATE of three bytes", [.frame(.window, [0, 0, 1])],
            .connectionError(.frameSizeError)),
        .init(
            "http2/6.9.1/1", "no more than the window is sent",
            [.initialWindow(1), .awaitSettings, .get()], .data(bytes: 1)),
        .init(
            "http2/6.9.1/2", "a window of the connection above 2^31-1",
            [.window(0, .max >> 1), .window(0, .max >> 1)], .connectionError(.flowControlError)),
        .init(
            "http2/6.9.1/3", "a window of a stream above 2^31-1",
            [.post(), .window(1, .max >> 1), .window(1, .max >> 1)], .reset(.flowControlError)),
        .init(
            "http2/6.9.2/1", "INITIAL_WINDOW_SIZE changes the streams that are open",
            [.initialWindow(0), .awaitSettings, .get(), .initialWindow(1)], .data(bytes: 1)),
        .init(
            "http2/6.9.2/2", "a window may become negative",
            [
                .initialWindow(3), .awaitSettings, .get(), .awaitData, .initialWindow(2),
                .awaitSettings, .window(1, 2),
            ], .data(bytes: 1)),
        .init(
            "http2/6.9.2/3", "SETTINGS that make the window too large",
            [.frame(.settings, [0, 4, 0x80, 0, 0, 0])], .connectionError(.flowControlError)),
    ]
}
