import AuditRPC
import InteropMessages

/// Cases for servers that do what they should not.
extension CaseContext {
    /// A connection that the server leaves ends its call and takes no other; the next call needs a new one.
    func goaway() async throws {
        try await largeUnary()
        try expect(!connection.isOpen, "the connection is open after GOAWAY")
        try await expectFailure(.unavailable) { try await largeUnary() }
        let next = try await server.connect()
        try await largeUnary(on: next)
        await next.close()
    }

    func resetUnary() async throws {
        try await expectFailure(.internal) { try await largeUnary() }
    }

    /// More calls at once than the server takes, when it has said so.
    func maxStreams() async throws {
        try await largeUnary()
        try await withThrowingTaskGroup { group in
            for _ in 0..<10 { group.addTask { try await largeUnary() } }
            try await group.waitForAll()
        }
    }
}
