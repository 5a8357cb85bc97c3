import NIOCore
import Synchronization

/// The open connections of a server: a limit, and a way to reach them all.
final class ConnectionRegistry: Sendable {
    /// Names a connection outside of its event loop.
    private struct Member: @unchecked Sendable {
        // @unchecked: the connection is touched on its own loop only; the loop itself may be read anywhere.
        let connection: ServerConnection
    }

    private struct State: ~Copyable {
        var members: [ObjectIdentifier: Member] = [:]
        var isClosing = false
        var waiters: [CheckedContinuation<Void, Never>] = []
        /// Connections that were refused since somebody was told, and when somebody may be told again.
        var refused = 0
        var tellsAgainAt = NIODeadline.uptimeNanoseconds(0)
    }

    /// How often it is told that connections are refused: a flood of them must not become one of lines.
    private static let refusalNoticeInterval = TimeAmount.minutes(1)

    private let state = Mutex(State())
    private let connectionsMax: Int

    init(connectionsMax: Int) {
        self.connectionsMax = connectionsMax
    }

    var count: Int { state.withLock { $0.members.count } }

    enum OnInsert: Equatable {
        case accepted
        /// With the number of those refused since it was told last, this one included; nil when it was just told.
        case tooMany(untold: Int?)
        /// The server lets nobody in any more.
        case closing
    }

    func insert(_ connection: ServerConnection, at now: NIODeadline = .now()) -> OnInsert {
        let member = Member(connection: connection)
        return state.withLock { state in
            guard !state.isClosing else { return .closing }
            guard state.members.count < connectionsMax else {
                state.refused += 1
                guard now >= state.tellsAgainAt else { return .tooMany(untold: nil) }
                state.tellsAgainAt = now + Self.refusalNoticeInterval
                defer { state.refused = 0 }
                return .tooMany(untold: state.refused)
            }
            state.members[ObjectIdentifier(member.connection)] = member
            return .accepted
        }
    }

    func remove(_ connection: ServerConnection) {
        let id = ObjectIdentifier(connection)
        let waiters = state.withLock { state in
            state.members[id] = nil
            guard state.members.isEmpty else { return [CheckedContinuation<Void, Never>]() }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Runs `body` for each connection on its event loop, soon.
    func onEach(_ body: @escaping @Sendable (ServerConnection) -> Void) {
        let members = state.withLock { Array($0.members.values) }
        for member in members {
            member.connection.eventLoop.execute { body(member.connection) }
        }
    }

    /// Lets nobody in any more.
    func startClosing() {
        state.withLock { $0.isClosing = true }
    }

    /// Returns when the last one is gone. Nobody is let in any more.
    func waitUntilEmpty() async {
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLock { state in
                state.isClosing = true
                guard !state.members.isEmpty else { return true }
                state.waiters.append(continuation)
                return false
            }
            if isEmpty { continuation.resume() }
        }
    }
}
