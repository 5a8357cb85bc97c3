import InteropMessages

/// The responses that a streaming call still owes: in the order in which they were asked for, each after its interval.
struct ResponseQueue {
    enum Step: Equatable {
        case send(bytes: Int, isCompressed: Bool?)
        /// Ask again when so many microseconds have passed.
        case wait(microseconds: Int)
        case readRequest
        case finish(EchoStatus?)
    }

    private var waiting: ArraySlice<ResponseParameters> = []
    /// The interval of the first that waits is over.
    private var hasWaited = false
    private var hasAllRequests = false
    /// A request asked for this end; no request counts any more.
    private var status: EchoStatus?
    /// Nothing is answered before the client has half-closed.
    private let waitsForEnd: Bool

    init(waitsForEnd: Bool) {
        self.waitsForEnd = waitsForEnd
    }

    /// How many responses it keeps; a request that asks for one more is refused.
    static let countMax = 100_000

    /// False when there is no room for what the request asks.
    mutating func take(_ request: StreamingOutputCallRequest) -> Bool {
        guard status == nil else { return true }
        guard waiting.count + request.responseParameters.count <= Self.countMax else {
            return false
        }
        waiting += request.responseParameters
        status = request.responseStatus
        return true
    }

    mutating func requestsEnded() {
        hasAllRequests = true
    }

    mutating func waited() {
        hasWaited = true
    }

    /// What to do now. A response counts as sent when this says so.
    mutating func next() -> Step {
        if waitsForEnd, !hasAllRequests { return .readRequest }
        guard let first = waiting.first else {
            return status != nil || hasAllRequests ? .finish(status) : .readRequest
        }
        if first.intervalMicroseconds > 0, !hasWaited {
            return .wait(microseconds: Int(first.intervalMicroseconds))
        }
        hasWaited = false
        waiting.removeFirst()
        return .send(bytes: Int(first.size), isCompressed: first.compressed?.value)
    }
}
