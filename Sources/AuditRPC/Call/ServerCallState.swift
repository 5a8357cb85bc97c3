/// The life of a call on the server: what may come, what may go, and who is told.
///
/// Pure: each event is one function whose answer says what to do. "Ignore" answers are legal: a handler may answer
/// a call that the client has just reset.
struct ServerCallState: Equatable {
    private enum Inbound: Equatable {
        case open(messages: Int)
        case ended
    }

    private enum Outbound: Equatable {
        /// Nothing sent yet, so a status can still go out alone.
        case idle
        case started
        case finished
    }

    private let singleRequest: Bool
    private var inbound = Inbound.open(messages: 0)
    private var outbound = Outbound.idle
    private var isClosed = false

    init(singleRequest: Bool) {
        self.singleRequest = singleRequest
    }

    /// Neither finished nor closed: an answer still reaches the peer.
    var isOpen: Bool { !isClosed && outbound != .finished }
    var isInboundOpen: Bool { inbound != .ended }
    var hasStarted: Bool { outbound != .idle }

    enum OnMessage: Equatable {
        case deliver
        /// A method with one request got a second one.
        case refuseSecond
        case ignore
    }

    mutating func receiveMessage() -> OnMessage {
        guard isOpen, case .open(let messages) = inbound else { return .ignore }
        inbound = .open(messages: messages + 1)
        return singleRequest && messages > 0 ? .refuseSecond : .deliver
    }

    enum OnEnd: Equatable {
        case deliver
        /// A method with one request got none.
        case refuseMissing
        case ignore
    }

    mutating func receiveEnd() -> OnEnd {
        guard case .open(let messages) = inbound else { return .ignore }
        inbound = .ended
        guard isOpen else { return .ignore }
        return singleRequest && messages == 0 ? .refuseMissing : .deliver
    }

    enum OnSendHeaders: Equatable {
        case send
        /// They have gone out: with the first message, or before.
        case tooLate
        case ignore
    }

    mutating func sendHeaders() -> OnSendHeaders {
        guard isOpen else { return .ignore }
        guard outbound == .idle else { return .tooLate }
        outbound = .started
        return .send
    }

    enum OnSend: Equatable {
        case sendHeadersAndMessage
        case sendMessage
        case ignore
    }

    mutating func send() -> OnSend {
        guard isOpen else { return .ignore }
        defer { outbound = .started }
        return outbound == .idle ? .sendHeadersAndMessage : .sendMessage
    }

    enum OnFinish: Equatable {
        case sendTrailersOnly
        case sendTrailers
        case ignore
    }

    mutating func finish() -> OnFinish {
        guard isOpen else { return .ignore }
        defer { outbound = .finished }
        return outbound == .idle ? .sendTrailersOnly : .sendTrailers
    }

    enum OnClose: Equatable {
        /// The handler has not finished, and must learn that it cannot any more.
        case cancelHandler
        case ignore
    }

    mutating func close() -> OnClose {
        guard !isClosed else { return .ignore }
        defer { isClosed = true }
        return isOpen ? .cancelHandler : .ignore
    }
}
