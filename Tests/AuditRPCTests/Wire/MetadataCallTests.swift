import Synchronization
import Testing

@testable import AuditRPC

/// Metadata through both ends of a connection.
@Suite struct MetadataCallTests {
    /// Sends back what it got: `initial-...` fields before the messages, `trailing-...` fields with the status.
    private static var router: RPCRouter {
        var router = RPCRouter()
        router.add("/test/Loop", requests: .one) { call in
            let handler = ScriptedHandler()
            let message = Kept()
            handler.onMessage = { bytes, _ in message.set(Array(bytes)) }
            handler.onEnd = { call in
                call.sendInitialMetadata(call.metadata.only("initial-"))
                call.send(message: message.value)
                call.finish(.ok, trailers: call.metadata.only("trailing-"))
            }
            return handler
        }
        router.addUnary("/test/Unary") { message, context in
            try context.echoMetadata()
            return message
        }
        router.addBidirectional("/test/Both") { messages, writer, context in
            try context.echoMetadata()
            for try await message in messages { try await writer.write(message) }
        }
        router.addUnary("/test/Fail") { _, context in
            try context.echoMetadata()
            throw RPCError(.aborted, "no", metadata: RPCMetadata([("thrown", "1")]))
        }
        return router
    }

    private static var sent: RPCMetadata {
        var metadata = RPCMetadata([
            ("initial-a", "1"), ("initial-b", "x"), ("Initial-A", "2"), ("trailing-a", " 3 "),
            ("other", "4"),
        ])
        metadata.add("initial-bin", bytes: [0, 1, 0xFE])
        metadata.add("trailing-bin", bytes: [0xAB, 0xAB, 0xAB])
        metadata.add("trailing-bin", bytes: [])
        return metadata
    }

    private func check(initial: RPCMetadata, trailing: RPCMetadata) {
        #expect(initial.values(named: "initial-a") == ["1", "2"])
        #expect(initial["initial-b"] == "x")
        #expect(initial.bytes(named: "initial-bin") == [0, 1, 0xFE])
        #expect(initial["trailing-a"] == nil && initial["other"] == nil)
        #expect(trailing["trailing-a"] == "3")
        #expect(trailing.allBytes(named: "trailing-bin") == [[0xAB, 0xAB, 0xAB], []])
        #expect(trailing["initial-a"] == nil && trailing["grpc-status"] == nil)
    }

    @Test(arguments: ["/test/Loop", "/test/Unary"])
    func aUnaryCall(path: String) async throws {
        try await TestServer.run(Self.router) { test in
            let answer = try await test.client.unaryResponse(
                path, [7], options: .init(metadata: Self.sent))
            #expect(answer.message == [7])
            check(initial: answer.initialMetadata, trailing: answer.trailingMetadata)
        }
    }

    @Test func aStreamingCall() async throws {
        try await TestServer.run(Self.router) { test in
            let call = test.client.call("/test/Both", options: .init(metadata: Self.sent))
            // Before any message, in either direction.
            let initial = await call.initialMetadata
            try await call.write([1])
            call.finishWriting()
            let messages = call.messages.makeAsyncIterator()
            #expect(try await messages.next() == [1])
            #expect(try await messages.next() == nil)
            check(initial: initial, trailing: await call.trailingMetadata)
            check(initial: await call.initialMetadata, trailing: await call.trailingMetadata)
        }
    }

    @Test func aCallThatFailsAfterItsHeaders() async throws {
        try await TestServer.run(Self.router) { (test: TestServer) async throws in
            let call = test.client.call("/test/Fail", options: .init(metadata: Self.sent))
            try await call.write([])
            call.finishWriting()
            let error = await failure { for try await _ in call.messages {} }
            check(initial: await call.initialMetadata, trailing: await call.trailingMetadata)
            #expect(error?.code == .aborted)
            #expect(error?.metadata == (await call.trailingMetadata))
            #expect(error?.metadata["thrown"] == "1")

            let unary = await failure {
                _ = try await test.client.unary(
                    "/test/Fail", [], options: .init(metadata: Self.sent))
            }
            check(initial: await call.initialMetadata, trailing: try #require(unary).metadata)
        }
    }

    @Test func aStatusAloneHasTrailingMetadataOnly() async throws {
        var router = RPCRouter()
        router.addUnary("/test/Fail") { _, context in
            context.setTrailingMetadata(RPCMetadata([("a", "1")]))
            throw RPCError(.notFound, "no")
        }
        try await TestServer.runRaw(router) { _, peer in
            try await peer.send(.request("/test/Fail"), .data(framed([]), endStream: true))
            let frames = await peer.response()
            #expect(frames.count == 1)
            #expect(frames.first?.fields["a"] == "1")
        }
        try await TestServer.run(router) { (test: TestServer) async throws in
            let call = test.client.call("/test/Fail")
            try await call.write([])
            call.finishWriting()
            #expect(await call.initialMetadata.isEmpty)
            #expect(await call.trailingMetadata["a"] == "1")
            let error = await failure { for try await _ in call.messages {} }
            #expect(error?.metadata["a"] == "1")
        }
    }

    @Test func aCallThatNeverBeganHasNone() async throws {
        try await TestServer.run(Self.router) { test in
            await test.client.close()
            let call = test.client.call("/test/Both")
            #expect(await call.initialMetadata.isEmpty)
            #expect(await call.trailingMetadata.isEmpty)
        }
    }

    @Test func aTaskThatIsCancelledWaitsNoMore() async throws {
        let began = Event<Void>()
        var router = RPCRouter()
        router.addUnary("/test/Wait") { _, context in
            began.happen()
            try await context.waitForDrain()
            return []
        }
        try await TestServer.run(router) { test in
            let call = test.client.call("/test/Wait")
            try await call.write([])
            call.finishWriting()
            try await began.next()
            let task = Task { await call.initialMetadata }
            task.cancel()
            #expect(await task.value.isEmpty)
            call.cancel()
            #expect(await call.trailingMetadata.isEmpty)
        }
    }

    @Test func initialMetadataComesBeforeTheMessagesOnly() async throws {
        var router = RPCRouter()
        router.addServerStreaming("/test/Late") { _, writer, context in
            try await writer.write([1])
            try context.sendInitialMetadata(RPCMetadata([("a", "1")]))
        }
        router.addServerStreaming("/test/Twice") { _, _, context in
            try context.sendInitialMetadata(RPCMetadata())
            try context.sendInitialMetadata(RPCMetadata([("a", "1")]))
        }
        try await TestServer.run(router) { (test: TestServer) async throws in
            for path in ["/test/Late", "/test/Twice"] {
                let call = test.client.call(path)
                try await call.write([])
                call.finishWriting()
                let error = await failure { for try await _ in call.messages {} }
                #expect(error?.code == .failedPrecondition, "\(path)")
                #expect(await call.initialMetadata.isEmpty)
            }
        }
    }

    @Test func aHandlerMaySendBackWhatItGot() async throws {
        var router = RPCRouter()
        router.addUnary("/test/Echo") { _, context in
            try context.sendInitialMetadata(context.metadata)
            context.setTrailingMetadata(context.metadata)
            return []
        }
        let log = RecordingLog()
        try await TestServer.runRaw(router, logger: log.logger) { _, peer in
            try await peer.send(
                .request(
                    "/test/Echo",
                    adding: [
                        ("user-agent", "raw"), ("a", "1"), ("grpc-trace-bin", "AQI"),
                        ("content-length", "5"),
                    ]),
                .data(framed([]), endStream: true))
            let frames = await peer.response()
            let usual = [":status": "200", "content-type": "application/grpc"]
            #expect(frames.first?.fields == usual.merging(["a": "1"]) { $1 })
            #expect(frames.last?.fields == ["grpc-status": "0", "a": "1"])
        }
        #expect(log.lines.isEmpty)
    }

    @Test func whatAHandlerCannotSendIsLeftOutAndLoggedOnce() async throws {
        var router = RPCRouter()
        router.addUnary("/test/Bad") { _, context in
            try context.sendInitialMetadata(RPCMetadata([("a b", "1"), ("good", "1")]))
            context.setTrailingMetadata(RPCMetadata([("x", "a\r\nb"), ("good", "2")]))
            return [5]
        }
        let log = RecordingLog()
        let server = try await TestServer.start(router, logger: log.logger)
        let client = try await RPCClientConnection.connect(to: server.boundAddress)
        let answer = try await client.unaryResponse("/test/Bad", [])
        #expect(answer.message == [5])
        #expect(answer.initialMetadata == RPCMetadata([("good", "1")]))
        #expect(answer.trailingMetadata == RPCMetadata([("good", "2")]))
        #expect(log.lines.count == 1)
        #expect(log.lines.first?.contains("the metadata field a b cannot be sent") == true)
        await client.close()
        await server.shutdown()
    }

    @Test(arguments: [("grpc-status", "0"), ("te", "x"), ("a b", "1"), ("a", "\n"), ("a-bin", "*")])
    func whatACallerCannotSendFailsTheCall(name: String, value: String) async throws {
        try await TestServer.run(Self.router) { (test: TestServer) async throws in
            let options = CallOptions(metadata: RPCMetadata([(name, value)]))
            let error = await failure {
                _ = try await test.client.unary("/test/Unary", [], options: options)
            }
            #expect(error?.code == .internal)
            #expect(error?.message.hasPrefix("the metadata field \(name) cannot be sent") == true)
            // The connection goes on.
            #expect(try await test.client.unary("/test/Unary", [1]) == [1])
        }
    }

    @Test(arguments: ["*", "A", "AQ,A", "AQ=", "AQI=="])
    func aBinaryFieldThatIsNotBase64(value: String) async throws {
        try await TestServer.runRaw(Self.router) { _, peer in
            try await peer.send(
                .request("/test/Unary", endStream: true, adding: [("key-bin", value)]))
            let fields = await peer.response().last?.fields
            #expect(fields?["grpc-status"] == "13")
            #expect(fields?["grpc-message"] == "the field key-bin is not base64")
        }
    }

    @Test func repeatedAndJoinedFieldsOfAClient() async throws {
        let seen = Kept<RPCMetadata>(RPCMetadata())
        var router = RPCRouter()
        router.addUnary("/test/See") { _, context in
            seen.set(context.metadata)
            return []
        }
        try await TestServer.runRaw(router) { _, peer in
            try await peer.send(
                .request(
                    "/test/See",
                    adding: [
                        ("a", "1"), ("k-bin", "AQ==, Ag"), ("a", "2,3"), ("k-bin", "Aw"),
                        ("empty", ""), ("high", "\u{FC}"), ("spaces", " x "),
                    ]),
                .data(framed([]), endStream: true))
            #expect(await peer.response().last?.fields["grpc-status"] == "0")
        }
        #expect(seen.value.values(named: "a") == ["1", "2,3"])
        #expect(seen.value.allBytes(named: "k-bin") == [[1], [2], [3]])
        #expect(seen.value["empty"] == "")
        #expect(seen.value["spaces"] == " x ")
        #expect(seen.value["high"] == "\u{FC}")
        #expect(seen.value[":path"] == nil && seen.value["te"] == nil)
    }
}

/// The last value that somebody set.
private final class Kept<Value: Sendable>: Sendable {
    private let storage: Mutex<Value>
    init(_ value: Value) { storage = Mutex(value) }
    var value: Value { storage.withLock { $0 } }
    func set(_ value: Value) { storage.withLock { $0 = value } }
}

extension Kept where Value == [UInt8] {
    convenience init() { self.init([]) }
}

extension RPCMetadata {
    /// The fields whose names begin with `prefix`.
    fileprivate func only(_ prefix: String) -> RPCMetadata {
        var result = RPCMetadata()
        visit { name, value in
            let name = String(decoding: name, as: UTF8.self)
            if name.hasPrefix(prefix) { result.add(name, String(decoding: value, as: UTF8.self)) }
        }
        return result
    }
}

extension CallContext {
    fileprivate func echoMetadata() throws {
        try sendInitialMetadata(metadata.only("initial-"))
        setTrailingMetadata(metadata.only("trailing-"))
    }
}
