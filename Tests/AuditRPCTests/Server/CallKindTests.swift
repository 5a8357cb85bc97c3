import NIOCore
import Testing

@testable import AuditRPC

@Suite struct CallKindTests {
    @Test(arguments: ["/test.Echo/Loop", "/test.Echo/Unary", "/test.Echo/Client"])
    func oneRequestOneResponse(path: String) async throws {
        try await TestServer.run(.echo) { (test: TestServer) async throws in
            for size in [0, 1, 600, 16_384, 300_000] {
                let message = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
                #expect(try await test.client.unary(path, message) == message)
            }
        }
    }

    @Test(arguments: ["/test.Echo/Loop", "/test.Echo/Unary"])
    func manyAtOnce(path: String) async throws {
        // More than the streams that a connection may have open, so that some wait for others.
        var limits = RPCLimits()
        limits.streamsPerConnectionMax = 50
        try await TestServer.run(.echo, limits: limits) { test in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for index in 0..<1_000 {
                    let message = Array("message \(index)".utf8)
                    group.addTask { try await test.client.unary(path, message) == message }
                }
                for try await isRight in group { #expect(isRight) }
            }
        }
    }

    @Test func serverStreaming() async throws {
        try await TestServer.run(.echo) { test in
            let call = test.client.call("/test.Echo/Server")
            try await call.write([UInt8](0..<200))
            call.finishWriting()
            var received: [UInt8] = []
            for try await message in call.messages { received += message }
            #expect(received == [UInt8](0..<200))
        }
    }

    @Test func clientStreaming() async throws {
        try await TestServer.run(.echo) { test in
            let call = test.client.call("/test.Echo/Client")
            for byte in 0..<200 { try await call.write([UInt8(byte)]) }
            call.finishWriting()
            var received: [[UInt8]] = []
            for try await message in call.messages { received.append(message) }
            #expect(received == [[UInt8](0..<200)])
        }
    }

    @Test func bidirectional() async throws {
        try await TestServer.run(.echo) { test in
            let call = test.client.call("/test.Echo/Both")
            let messages = call.messages.makeAsyncIterator()
            for byte in 0..<100 {
                try await call.write([UInt8(byte)])
                #expect(try await messages.next() == [UInt8(byte)])
            }
            call.finishWriting()
            #expect(try await messages.next() == nil)
        }
    }

    @Test func anEmptyStreamIsFine() async throws {
        try await TestServer.run(.echo) { test in
            let call = test.client.call("/test.Echo/Both")
            call.finishWriting()
            let message = try await call.messages.makeAsyncIterator().next()
            #expect(message == nil)
        }
    }

    @Test func metadataPeerAndDeadlineReachTheHandler() async throws {
        var router = RPCRouter()
        router.addUnary("/test/Context") { _, context in
            #expect(context.path == "/test/Context")
            #expect(context.metadata["tenant"] == "acme")
            #expect(context.metadata.bytes(named: "key-bin") == [0, 1, 255])
            #expect(context.metadata["te"] == nil)
            #expect(context.peer.hasPrefix("127.0.0.1:"))
            let remaining = try #require(context.timeRemaining)
            #expect(remaining > .seconds(60) && remaining <= .seconds(3_600))
            #expect(!context.isDraining)
            return []
        }
        try await TestServer.run(router) { test in
            var metadata = RPCMetadata([("tenant", "acme")])
            metadata.add("key-bin", bytes: [0, 1, 255])
            _ = try await test.client.unary(
                "/test/Context", [], options: .init(timeout: .hours(1), metadata: metadata))
        }
    }

    @Test func answersOfAnotherThreadReachManyCalls() async throws {
        let arrived = Event<CallReference>()
        var router = RPCRouter()
        router.add("/test/Later", requests: .one) { call in
            arrived.happen(call.reference)
            return ScriptedHandler()
        }
        try await TestServer.run(router) { test in
            let results = try await withThrowingTaskGroup(of: [UInt8].self) { group in
                for _ in 0..<20 { group.addTask { try await test.client.unary("/test/Later", []) } }
                var answers: [(CallReference, UInt8)] = []
                for index in 0..<20 { answers.append((try await arrived.next(), UInt8(index))) }
                // Twice: the second answers find calls that are over, and are skipped.
                for _ in 0..<2 {
                    CallReference.deliver(
                        answers, to: { $0.0 },
                        { call, answer in
                            call.send(message: [answer.1])
                            call.finish()
                        })
                }
                var results: Set<[UInt8]> = []
                for try await result in group { results.insert(result) }
                return results
            }
            #expect(results == Set((0..<20).map { [UInt8($0)] }))
        }
    }
}
