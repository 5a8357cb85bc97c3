import NIOCore
import NIOPosix

@testable import AuditRPC

/// A server that a test plays frame by frame, for one unary call of a real client.
enum RawServer {
    /// The result of a unary call to a server that does `serve` when the request has come.
    static func response(
        limits: RPCLimits = RPCLimits(), options: CallOptions = CallOptions(),
        serving serve: @escaping @Sendable (RawPeer) async throws -> Void
    ) async throws -> Result<RPCResponse, RPCError> {
        let (address, listener) = try await RawPeer.listen { peer in
            try await peer.send(RawFrame(.settings))
            _ = await peer.next { $0.kind == 0 && $0.endsStream }
            try await serve(peer)
        }
        let client = try await RPCClientConnection.connect(to: address, limits: limits)
        let result: Result<RPCResponse, RPCError>
        do throws(RPCError) {
            result = .success(
                try await client.unaryResponse("/test.Service/Call", [1], options: options))
        } catch {
            result = .failure(error)
        }
        await client.close()
        try await listener.close()
        return result
    }

    /// The error of such a call.
    static func error(
        limits: RPCLimits = RPCLimits(), options: CallOptions = CallOptions(),
        serving serve: @escaping @Sendable (RawPeer) async throws -> Void
    ) async throws -> RPCError? {
        switch try await response(limits: limits, options: options, serving: serve) {
        case .success: nil
        case .failure(let error): error
        }
    }
}

extension RPCClientConnection {
    /// A client of a server in this process.
    static func connect(
        to address: RPCAddress, limits: RPCLimits = RPCLimits()
    ) async throws -> RPCClientConnection {
        try await connect(
            to: address, on: MultiThreadedEventLoopGroup.singleton,
            configuration: .init(limits: limits, connectTimeout: .seconds(60)),
            logger: TestServer.quiet)
    }
}
