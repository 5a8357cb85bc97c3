internal import AuditRPC
internal import Logging
internal import NIOCore
import Synchronization

/// The connection of a client: made when a call needs one, and made again after a loss. The shell
/// of `ChannelMachine`.
final class ClientChannel: Sendable {
    /// In the order in which they are tried.
    let servers: [ServerAddress]
    private let group: any EventLoopGroup
    private let configuration: RPCClientConnection.Configuration
    private let logger: Logger
    private let state: Mutex<State>

    private typealias Continuation = CheckedContinuation<Result<Ready, CallFailure>, Never>

    /// A connection that takes calls, and whose it is.
    struct Ready: Sendable {
        let connection: RPCClientConnection
        let server: ServerAddress
    }

    private struct Waiter {
        let continuation: Continuation
        var timer: Scheduled<Void>?
    }

    private struct State: ~Copyable {
        var machine: ChannelMachine
        var ready: Ready?
        var waiters: [ChannelMachine.CallID: Waiter] = [:]
        var lastCall: ChannelMachine.CallID = 0
        var roundBegan = NIODeadline.now()
        var keepalive: RPCKeepalive?
    }

    init(
        servers: [ServerAddress], configuration: RPCClientConnection.Configuration,
        backoff: Backoff, group: any EventLoopGroup, logger: Logger
    ) {
        self.servers = servers
        self.configuration = configuration
        self.group = group
        self.logger = logger
        state = Mutex(
            State(
                machine: ChannelMachine(serverCount: servers.count, backoff: backoff),
                keepalive: configuration.keepalive))
    }

    // MARK: Calls

    /// A connection that takes calls; waits for one as long as `patience` and `deadline` say.
    func ready(
        _ patience: ChannelMachine.Patience, until deadline: CallDeadline
    ) async throws(CallFailure) -> Ready {
        let (ready, call) = current()
        if let ready { return ready }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { enter(call, patience, deadline, $0) }
        } onCancel: {
            giveUp(call) { _ in .cancelled }
        }
        return try result.get()
    }

    /// The server that calls go to now; nil when none is connected.
    var connectedServer: ServerAddress? { current().0?.server }

    /// The open connection; without one, the number for a call that waits for it.
    private func current() -> (Ready?, ChannelMachine.CallID) {
        // Dropped after the lock: the last reference closes.
        var lost: Ready?
        defer {
            if let lost, lost.connection.hasPingedTooOften {
                logger.notice(
                    "the server at \(lost.server) wants fewer PINGs: it gets half as many from now on"
                )
            }
        }
        return state.withLock { state in
            if let ready = state.ready {
                if ready.connection.isOpen { return (ready, 0) }
                lost = ready
                state.ready = nil
                state.machine.onLost()
                if ready.connection.hasPingedTooOften, let time = state.keepalive?.time {
                    state.keepalive?.time = time * 2
                }
            }
            state.lastCall += 1
            return (nil, state.lastCall)
        }
    }

    private func enter(
        _ call: ChannelMachine.CallID, _ patience: ChannelMachine.Patience,
        _ deadline: CallDeadline, _ continuation: Continuation
    ) {
        let (result, server) = state.withLock { state -> (Result<Ready, CallFailure>?, Int?) in
            // A cancelled task must not wait: its handler may have run already.
            guard !Task.isCancelled else { return (.failure(.cancelled), nil) }
            var server: Int?
            switch state.machine.onCall(call, patience) {
            case .proceed:
                guard let ready = state.ready else { preconditionFailure("open, but for nobody") }
                return (.success(ready), nil)
            case .fail(let failures):
                return (.failure(unreachable(failures, state.machine.wasConnected)), nil)
            case .refuseClosed: return (.failure(.closed), nil)
            case .refuseFull: return (.failure(.tooManyWait), nil)
            case .connect(let chosen):
                server = chosen
                state.roundBegan = .now()
            case .wait: break
            }
            state.waiters[call] = Waiter(continuation: continuation)
            return (nil, server)
        }
        if let result { return continuation.resume(returning: result) }
        if let server { connect(to: server) }
        startTimer(of: call, deadline)
    }

    private func startTimer(of call: ChannelMachine.CallID, _ deadline: CallDeadline) {
        guard let time = deadline.time, let timeout = deadline.timeout else { return }
        let timer = group.any().scheduleTask(deadline: time) { [weak self, servers] () -> Void in
            self?.giveUp(call) { failures in
                CallFailure(.notReached(servers, within: timeout, failures))
            }
        }
        let isWaiting = state.withLock { state in
            state.waiters[call]?.timer = timer
            return state.waiters[call] != nil
        }
        if !isWaiting { timer.cancel() }
    }

    /// `failure` gets what the last round failed with.
    private func giveUp(
        _ call: ChannelMachine.CallID,
        _ failure: ([ChannelMachine.Failure]) -> CallFailure
    ) {
        let (waiter, failures) = state.withLock { state in
            state.machine.onGivenUp(call)
            return (state.waiters.removeValue(forKey: call), state.machine.lastFailures)
        }
        waiter?.timer?.cancel()
        waiter?.continuation.resume(returning: .failure(failure(failures)))
    }

    private func unreachable(
        _ failures: [ChannelMachine.Failure], _ wasConnected: Bool
    ) -> CallFailure {
        if wasConnected { return CallFailure(.away, .unreachable(servers, failures)) }
        if case .unusable(let text)? = failures.last?.reason {
            // This side's own files, which are the same for each server.
            return CallFailure(.unusable(text))
        }
        return CallFailure(.notConnected, .unreachable(servers, failures))
    }

    // MARK: Attempts

    private func connect(to server: Int) {
        let address = servers[server]
        var configuration = configuration
        configuration.keepalive = state.withLock { $0.keepalive }
        Task { [configuration] in
            do throws(RPCError) {
                let connection = try await RPCClientConnection.connect(
                    to: address.address, on: group, configuration: configuration, logger: logger)
                await connected(Ready(connection: connection, server: address))
            } catch {
                failed(error.cause as? ConnectFailure ?? .unusable(error.message), at: address)
            }
        }
    }

    private func connected(_ ready: Ready) async {
        let waiters = state.withLock { state -> [Waiter]? in
            guard case .open(_, let calls) = state.machine.onConnected() else { return nil }
            state.ready = ready
            return calls.compactMap { state.waiters.removeValue(forKey: $0) }
        }
        guard let waiters else { return await ready.connection.close() }
        logger.debug("connected", metadata: ["server": "\(ready.server)"])
        Self.resume(waiters, .success(ready))
    }

    private func failed(_ reason: ConnectFailure, at address: ServerAddress) {
        logger.debug(
            "cannot connect", metadata: ["server": "\(address)", "reason": "\(reason.text)"])
        let (next, waiters, wasConnected) = state.withLock { state in
            let took = NIODeadline.now() - state.roundBegan
            let next = state.machine.onAttemptFailed(
                reason, roundTook: .nanoseconds(took.nanoseconds), random: .random(in: 0...1))
            guard case .pause(_, let calls, _) = next else { return (next, [Waiter](), false) }
            let waiters = calls.compactMap { state.waiters.removeValue(forKey: $0) }
            return (next, waiters, state.machine.wasConnected)
        }
        switch next {
        case .ignore: break
        case .connect(let server): connect(to: server)
        case .pause(let pause, _, let failures):
            Self.resume(waiters, .failure(unreachable(failures, wasConnected)))
            group.any().scheduleTask(in: TimeAmount(pause)) { [weak self] in self?.pauseEnded() }
        }
    }

    private func pauseEnded() {
        let next = state.withLock { state in
            state.roundBegan = .now()
            return state.machine.onPauseEnded()
        }
        if case .connect(let server) = next { connect(to: server) }
    }

    /// Ends open calls, and calls that wait; those that follow are refused.
    func close() async {
        let (ready, waiters) = state.withLock { state in
            let calls = state.machine.onClose()
            defer { state.ready = nil }
            return (state.ready, calls.compactMap { state.waiters.removeValue(forKey: $0) })
        }
        Self.resume(waiters, .failure(.closed))
        await ready?.connection.close()
    }

    private static func resume(_ waiters: [Waiter], _ result: Result<Ready, CallFailure>) {
        for waiter in waiters {
            waiter.timer?.cancel()
            waiter.continuation.resume(returning: result)
        }
    }
}

extension ClientChannel.Ready {
    func unary(
        _ path: String, _ message: [UInt8], options: CallOptions, within timeout: Duration?
    ) async throws(CallFailure) -> [UInt8] {
        do throws(RPCError) {
            return try await connection.unary(path, message, options: options)
        } catch {
            if error.code == .deadlineExceeded {
                throw CallFailure(.noAnswer(from: server, within: timeout))
            }
            throw CallFailure(error, from: server)
        }
    }

    func call(_ path: String, options: CallOptions) -> StreamingCall {
        StreamingCall(connection.call(path, options: options), server: server)
    }
}
