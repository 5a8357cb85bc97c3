internal import AuditRPC
internal import Codec
internal import NIOCore
import Synchronization

/// Makes calls: waits for a connection, holds to the deadline, tries again, and says what went
/// wrong. One place for all of it.
final class CallRunner: Sendable {
    /// A method of the contract.
    enum Method: String {
        case record = "Record"
        case recordStream = "RecordStream"
        case query = "Query"
        case subscribe = "Subscribe"
        case getEvent = "GetEvent"
        case listFacets = "ListFacets"
        case histogram = "Histogram"
        case getCaller = "GetCaller"
        case getStatus = "GetStatus"
        case getRetention = "GetRetention"
        case listRetention = "ListRetention"
        case setRetention = "SetRetention"
        case createSnapshot = "CreateSnapshot"
        case createToken = "CreateToken"
        case listTokens = "ListTokens"
        case rotateToken = "RotateToken"
        case revokeToken = "RevokeToken"
        case createViewerToken = "CreateViewerToken"
        case setQuota = "SetQuota"
        case listQuotas = "ListQuotas"

        var path: String { "/auditrpc.v1.\(service)/\(rawValue)" }

        private var service: String {
            switch self {
            case .record, .recordStream, .query, .subscribe, .getEvent, .listFacets, .histogram,
                .getCaller, .getStatus:
                "AuditLog"
            case .getRetention, .listRetention, .setRetention, .createSnapshot, .createToken,
                .listTokens, .rotateToken, .revokeToken, .createViewerToken, .setQuota,
                .listQuotas:
                "Administration"
            }
        }

        /// Made twice, it is the same as made once. A snapshot is not: the folder would be there already. Nor is what
        /// makes a secret: the first one would be lost.
        var mayBeRepeated: Bool {
            ![.createSnapshot, .createToken, .rotateToken].contains(self)
        }
    }

    let channel: ClientChannel
    let configuration: AuditLogClient.Configuration
    let outage: OutageLog
    private let throttle: Mutex<RetryThrottle>

    init(channel: ClientChannel, configuration: AuditLogClient.Configuration, outage: OutageLog) {
        self.channel = channel
        self.configuration = configuration
        self.outage = outage
        throttle = Mutex(RetryThrottle(policy: configuration.retryPolicy))
    }

    func connect() async throws(CallFailure) {
        let ready = try await ready(
            isFirst: false, until: CallDeadline(configuration.callTimeout))
        outage.succeeded(at: ready.server, since: outage.now)
    }

    /// A connection that takes calls. The first attempt of a call does not wait for the next round.
    private func ready(
        isFirst: Bool, until deadline: CallDeadline
    ) async throws(CallFailure) -> ClientChannel.Ready {
        guard configuration.waitsForReady else {
            return try await channel.ready(isFirst ? .failFast : .nextRound, until: deadline)
        }
        while true {
            do throws(CallFailure) {
                return try await channel.ready(.nextRound, until: deadline)
            } catch {
                guard error.kind.isMissingConnection else { throw error }
                outage.retrying(after: error.error)
            }
        }
    }

    // MARK: One request, one answer

    struct Answer<Response> {
        var response: Response
        /// The request reached a server more than once, perhaps.
        var wasRepeated: Bool
    }

    func unary<Response: WireMessage>(
        _ method: Method, _ request: some WireMessage
    ) async throws(AuditClientError) -> Answer<Response> {
        do throws(CallFailure) {
            return try await attempt(method, request)
        } catch {
            throw error.error
        }
    }

    private func attempt<Response: WireMessage>(
        _ method: Method, _ request: some WireMessage
    ) async throws(CallFailure) -> Answer<Response> {
        let message = try Self.encoded(request)
        let deadline = CallDeadline(configuration.callTimeout)
        var retries = RetryMachine(policy: configuration.retryPolicy)
        var sentCount = 0
        var isFirst = true
        while true {
            do throws(CallFailure) {
                let ready = try await ready(isFirst: isFirst, until: deadline)
                let options = try options(deadline, sentCount: sentCount, server: ready.server)
                let began = outage.now
                sentCount += 1
                let bytes = try await ready.unary(
                    method.path, message, options: options, within: deadline.timeout)
                succeeded(ready.server, since: began)
                return Answer(
                    response: try Response(answer: bytes, from: ready.server),
                    wasRepeated: sentCount > 1)
            } catch {
                isFirst = false
                if error.kind == .notProcessed { sentCount -= 1 }
                guard method.mayBeRepeated || sentCount == 0 else { throw error }
                try await recover(from: error, &retries, deadline)
            }
        }
    }

    /// A request that no server would take is not sent.
    static func encoded(_ request: some WireMessage) throws(CallFailure) -> [UInt8] {
        let message = request.encoded()
        guard message.count <= Limits.requestBytesMax else {
            throw CallFailure(.requestTooLarge(bytes: message.count))
        }
        return message
    }

    private func options(
        _ deadline: CallDeadline, sentCount: Int, server: ServerAddress
    ) throws(CallFailure) -> CallOptions {
        var options = configuration.callOptions
        if let left = deadline.left {
            guard left > .nanoseconds(0) else {
                throw CallFailure(.noAnswer(from: server, within: deadline.timeout))
            }
            options.timeout = left
        }
        options.previousAttempts = sentCount
        return options
    }

    /// Returns when the call is to be made again.
    private func recover(
        from failure: CallFailure, _ retries: inout RetryMachine, _ deadline: CallDeadline
    ) async throws(CallFailure) {
        let isThrottled = failed(failure)
        let next = retries.onFailure(
            failure.kind, timeLeft: deadline.left.map { .nanoseconds($0.nanoseconds) }, at: .now,
            isThrottled: isThrottled, random: .random(in: 0...1))
        guard case .retry(let pause) = next else {
            throw CallFailure(failure.kind, failure.error.saying(attempts: retries.failures))
        }
        if failure.kind != .notProcessed { outage.retrying(after: failure.error) }
        try await self.pause(for: pause)
    }

    // MARK: Streams

    /// Streams have no deadline, once they are open: whoever reads one watches for silence.
    ///
    /// - Parameter deadline: of the wait for a connection.
    func recordStream(
        isFirst: Bool, until deadline: CallDeadline
    ) async throws(CallFailure) -> StreamingCall {
        let ready = try await ready(isFirst: isFirst, until: deadline)
        return ready.call(Method.recordStream.path, options: configuration.callOptions)
    }

    func subscribe(_ request: SubscribeRequest) async throws(CallFailure) -> Subscription {
        let ready = try await channel.ready(.nextRound, until: .never)
        let call = ready.call(Method.subscribe.path, options: configuration.callOptions)
        try await call.write(try Self.encoded(request))
        call.finishWriting()
        return Subscription(call)
    }

    // MARK: What all calls share

    /// - Parameter began: when the attempt that succeeded did.
    func succeeded(_ server: ServerAddress, since began: OutageLog.Moment) {
        throttle.withLock { $0.succeeded() }
        outage.succeeded(at: server, since: began)
    }

    /// True when no call is to be made again for now.
    private func failed(_ failure: CallFailure) -> Bool {
        throttle.withLock { throttle in
            if failure.kind.isServerTrouble { throttle.failed() }
            return throttle.isThrottled
        }
    }

    func pause(for duration: Duration) async throws(CallFailure) {
        guard duration > .zero else { return }
        do {
            try await Task.sleep(for: duration)
        } catch {
            throw .cancelled
        }
    }
}

/// Until when a call has an answer, all its attempts together.
struct CallDeadline: Sendable {
    /// What it was made of; nil for none.
    let timeout: Duration?
    let time: NIODeadline?

    static let never = CallDeadline(nil)

    init(_ timeout: Duration?) { self.init(timeout, left: timeout) }

    /// One that began to run before.
    init(_ timeout: Duration?, left: Duration?) {
        self.timeout = timeout
        // Timeouts of years must not overflow the clock.
        time = left.map { .now() + TimeAmount(min($0, .seconds(86_400 * 365))) }
    }

    /// Nil without a deadline.
    var left: TimeAmount? { time.map { $0 - .now() } }
}
