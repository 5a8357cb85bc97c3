internal import AuditRPC
internal import Codec
internal import Logging
internal import NIOCore

/// The connection of one client: made when it is needed, and made again after a loss.
actor Connection {
    let address: ServerAddress
    private let group: any EventLoopGroup
    private let connectTimeout: Duration
    private let logger: Logger
    private var state = State.none

    private enum State {
        case none
        /// One attempt serves all calls that wait.
        case connecting(Task<Result<RPCClientConnection, RPCError>, Never>)
        case open(RPCClientConnection)
        case closed
    }

    init(
        address: ServerAddress, group: any EventLoopGroup, connectTimeout: Duration, logger: Logger
    ) {
        self.address = address
        self.group = group
        self.connectTimeout = connectTimeout
        self.logger = logger
    }

    /// The open connection, or a new one.
    func ready() async throws(AuditClientError) -> RPCClientConnection {
        switch state {
        case .closed:
            throw AuditClientError(
                code: .cancelled, grpcCode: Int32(RPCStatus.Code.cancelled.rawValue),
                message: "the client is closed")
        case .open(let connection) where connection.isOpen:
            return connection
        case .connecting(let attempt):
            return try await outcome(of: attempt)
        case .open, .none:
            let attempt = connect()
            state = .connecting(attempt)
            return try await outcome(of: attempt)
        }
    }

    /// Ends open calls and closes; calls that follow are refused.
    func close() async {
        let last = state
        state = .closed
        switch last {
        case .open(let connection): await connection.close()
        case .connecting(let attempt):
            if case .success(let connection) = await attempt.value { await connection.close() }
        case .none, .closed: break
        }
    }

    private func connect() -> Task<Result<RPCClientConnection, RPCError>, Never> {
        var configuration = RPCClientConnection.Configuration()
        configuration.connectTimeout = TimeAmount(connectTimeout)
        return Task { [address, group, logger, configuration] in
            do throws(RPCError) {
                return .success(
                    try await RPCClientConnection.connect(
                        host: address.host, port: address.port, on: group,
                        configuration: configuration, logger: logger))
            } catch {
                return .failure(error)
            }
        }
    }

    private func outcome(
        of attempt: Task<Result<RPCClientConnection, RPCError>, Never>
    ) async throws(AuditClientError) -> RPCClientConnection {
        let outcome = await attempt.value
        // Whoever waited first decides; `close` may have come in between.
        if case .connecting(attempt) = state {
            switch outcome {
            case .success(let connection): state = .open(connection)
            case .failure: state = .none
            }
        }
        switch outcome {
        case .success(let connection): return connection
        case .failure(let error): throw .unreachable(error, address: address)
        }
    }
}
