import AuditRPC
import AuditService
import NIOCore
import NIOSSL
import Synchronization

/// The connection to the service that each client's connection has: made for its first request, ended with it.
///
/// One for each, so that the service sees the clients: their addresses and certificates, their limits, what each of
/// them does to a connection.
final class ServiceConnections: Sendable {
    typealias Connect =
        @Sendable (ForwardedPeer, any EventLoop) async throws(RPCError) -> RPCClientConnection

    private let connect: Connect
    private let state = Mutex(State())

    private struct State {
        var entries: [ObjectIdentifier: Entry] = [:]
        /// Entries that were ever made.
        var made = 0
    }

    private typealias Making = Task<RPCClientConnection, any Error>

    private struct Entry {
        var making: Making
        /// Of the task, so that whoever finds its connection closed replaces that one and no later one.
        var number: Int
    }

    init(connect: @escaping Connect) { self.connect = connect }

    /// - Throws: UNAVAILABLE when the service drains or has too many connections.
    func connection(of client: any Channel) async throws -> RPCClientConnection {
        var closed: Int?
        while true {
            let entry = entry(of: client, replacing: closed)
            do {
                let connection = try await entry.making.value
                if connection.isOpen { return connection }
                guard closed == nil else { return connection }
                closed = entry.number
            } catch {
                // The next request tries anew.
                forget(client, entry.number)
                throw error
            }
        }
    }

    private func entry(of client: any Channel, replacing closed: Int?) -> Entry {
        let id = ObjectIdentifier(client)
        let (entry, isFirst) = state.withLock { state in
            if let known = state.entries[id], known.number != closed { return (known, false) }
            state.made += 1
            let entry = Entry(making: make(for: client), number: state.made)
            let isFirst = state.entries.updateValue(entry, forKey: id) == nil
            return (entry, isFirst)
        }
        if isFirst {
            client.closeFuture.whenComplete { [self] _ in
                state.withLock { _ = $0.entries.removeValue(forKey: id) }
            }
        }
        return entry
    }

    private func forget(_ client: any Channel, _ number: Int) {
        state.withLock { state in
            let id = ObjectIdentifier(client)
            guard state.entries[id]?.number == number else { return }
            state.entries[id] = nil
        }
    }

    private func make(for client: any Channel) -> Making {
        Task { [connect] in
            let certificate = try await client.eventLoop.submit {
                try Self.certificate(of: client)
            }.get()
            let peer = ForwardedPeer(address: client.remoteAddress, certificate: certificate)
            return try await connect(peer, client.eventLoop)
        }
    }

    /// The one that the client showed, in DER and verified; nil over plain text. On its event loop.
    private static func certificate(of client: any Channel) throws -> [UInt8]? {
        guard
            let tls = try? client.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self)
        else { return nil }
        return try tls.peerCertificate?.toDERBytes()
    }
}
