import AuditModel
import AuditRPC
import Codec
import Synchronization
import TestSupport
import Testing

@testable import AuditClient

/// Uploads to servers that come and go.
struct RecordUploadTests {
    /// What was answered, in order.
    final class Answers: Sendable {
        private let results = Mutex<[RecordResult]>([])

        var all: [RecordResult] { results.withLock { $0 } }
        func add(_ answer: RecordUpload.Answer) { results.withLock { $0 += answer.results } }
    }

    func id(_ number: Int) -> String {
        EventID(high: 0x7000, low: 0x8000_0000_0000_0000 | UInt64(number)).description
    }

    func events(_ numbers: Range<Int>) -> [Event] {
        numbers.map { number in
            var event = Event.sample(change: "\(number)")
            event.id = id(number)
            return event
        }
    }

    func makeClient(_ server: RunningServer) throws -> AuditLogClient {
        AuditLogClient(
            servers: [try #require(ServerAddress(server.address))],
            configuration: .init(retryPolicy: .quick, reconnectBackoff: .quick))
    }

    @Test func everyBatchIsAnsweredInOrder() async throws {
        let folder = try TemporaryDirectory()
        try await RunningServer.with(data: folder.path) { server in
            let client = try makeClient(server)
            let answers = Answers()
            let upload = client.upload(organizationID: "acme")
            for start in stride(from: 0, to: 1_000, by: 50) {
                var batch = events(start..<start + 50)
                if start == 500 { batch[7].eventType = "" }
                try await upload.send(batch, answered: answers.add)
            }
            try await upload.finish()
            #expect(answers.all.count == 1_000)
            #expect(answers.all.indices.filter { answers.all[$0].error != nil } == [507])
            let stored = answers.all.filter { $0.error == nil }
            #expect(stored.map(\.sequence.rawValue) == (1...999).map { UInt64($0) })
            // An upload may go on behind its end.
            try await upload.send(events(0..<1), answered: answers.add)
            try await upload.finish()
            #expect(answers.all.last?.duplicate == true)
            await client.close()
        }
    }

    @Test func eventsWithoutAnIDGetOne() async throws {
        let folder = try TemporaryDirectory()
        try await RunningServer.with(data: folder.path) { server in
            let client = try makeClient(server)
            let answers = Answers()
            let upload = client.upload()
            try await upload.send([.sample(), .sample()], answered: answers.add)
            try await upload.finish()
            #expect(Set(answers.all.map(\.id)).count == 2)
            #expect(answers.all.allSatisfy { EventID($0.id) != nil })
            await client.close()
        }
    }

    @Test func whatWasNotAnsweredIsSentAgainToTheNextServer() async throws {
        let folder = try TemporaryDirectory()
        let answers = Answers()
        let (client, upload, address) = try await RunningServer.with(data: folder.path) { server in
            let client = try makeClient(server)
            try await client.connect()
            let upload = client.upload()
            for start in stride(from: 0, to: 200, by: 50) {
                try await upload.send(events(start..<start + 50), answered: answers.add)
            }
            return (client, upload, server.address)
        }
        try await RunningServer.with(data: folder.path, at: address) { _ in
            try await upload.send(events(200..<250), answered: answers.add)
            try await upload.finish()
            #expect(try await client.getStatus().eventCount == 250)
            #expect(answers.all.map(\.id) == (0..<250).map(id))
            #expect(answers.all.allSatisfy { $0.error == nil })
            await client.close()
        }
    }

    /// Returns when the upload knows that its stream has ended.
    func end(of upload: RecordUpload) async {
        while await upload.hasStream { await Task.yield() }
    }

    @Test(.timeLimit(.minutes(1)))
    func whatALostServerHasNotAnsweredIsSentAgainWhileTheProducerIsIdle() async throws {
        let folder = try TemporaryDirectory()
        let address = try await RunningServer.with(data: folder.path) { $0.address }
        // It takes the batch and ends without an answer.
        let (taken, taking) = AsyncStream.makeStream(of: Void.self)
        var router = RPCRouter()
        router.addBidirectional(CallRunner.Method.recordStream.path) { messages, _, context in
            for try await _ in messages { taking.yield() }
            try await context.waitForDrain()
        }
        let client = AuditLogClient(
            servers: [try #require(ServerAddress(address))],
            configuration: .init(retryPolicy: .quick, reconnectBackoff: .quick))
        let upload = client.upload()
        let (answered, answering) = AsyncStream.makeStream(of: RecordUpload.Answer.self)
        try await ScriptedServer.run(router, at: address) { _ in
            try await upload.send(events(0..<3)) { answering.yield($0) }
            for await _ in taken { break }
        }
        // Nobody sends, and nobody finishes.
        try await RunningServer.with(data: folder.path, at: address) { _ in
            var reader = answered.makeAsyncIterator()
            let answer = try #require(await reader.next())
            #expect(answer.wasRepeated && answer.results.map(\.id) == (0..<3).map(id))
            try await upload.finish()
            await client.close()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: [false, true])
    func aServerThatWentWhileAllWasAnsweredCostsNoAttempt(isLost: Bool) async throws {
        let folder = try TemporaryDirectory()
        let (answered, answering) = AsyncStream.makeStream(of: RecordUpload.Answer.self)
        var reader = answered.makeAsyncIterator()
        var router = RPCRouter()
        router.addBidirectional(CallRunner.Method.recordStream.path) { messages, writer, context in
            for try await message in messages {
                let request = try RecordRequest(decoding: message)
                let results = request.events.map { RecordResult(id: $0.id) }
                try await writer.write(RecordResponse(results: results).encoded())
                if !isLost { throw RPCError(.unavailable, "draining") }
            }
        }
        let address = try await RunningServer.with(data: folder.path) { $0.address }
        let client = AuditLogClient(
            servers: [try #require(ServerAddress(address))],
            configuration: .init(retryPolicy: .none, reconnectBackoff: .quick))
        let upload = client.upload()
        try await ScriptedServer.run(router, at: address) { _ in
            try await upload.send(events(0..<1)) { answering.yield($0) }
            _ = await reader.next()
            if !isLost { await end(of: upload) }
        }
        await end(of: upload)
        try await RunningServer.with(data: folder.path, at: address) { _ in
            try await upload.send(events(1..<2)) { answering.yield($0) }
            let answer = await reader.next()
            #expect(answer?.results.map(\.id) == [id(1)] && answer?.wasRepeated == false)
            try await upload.finish()
            await client.close()
        }
    }

    @Test func theEndOfTheSendingTaskEndsTheUpload() async throws {
        let (taken, taking) = AsyncStream.makeStream(of: Void.self)
        var router = RPCRouter()
        router.addBidirectional(CallRunner.Method.recordStream.path) { messages, _, context in
            for try await _ in messages { taking.yield() }
            try await context.waitForDrain()
        }
        try await ScriptedServer.run(router) { server in
            try await server.withClient { client in
                let upload = client.upload()
                let sending = Task {
                    await failure {
                        try await upload.send(events(0..<1)) { _ in }
                        try await upload.finish()
                    }
                }
                for await _ in taken { break }
                sending.cancel()
                #expect(await sending.value?.code == .cancelled)
                let error = await failure { try await upload.send(events(1..<2)) { _ in } }
                #expect(error?.code == .cancelled)
            }
        }
    }

    /// A server that answers one batch of each stream, and then ends it.
    private func run(
        ending end: RPCError?, _ body: (ScriptedServer) async throws -> Void
    ) async throws {
        var router = RPCRouter()
        router.addBidirectional(CallRunner.Method.recordStream.path) { messages, writer, _ in
            for try await message in messages {
                let request = try RecordRequest(decoding: message)
                let results = request.events.map { RecordResult(id: $0.id) }
                try await writer.write(RecordResponse(results: results).encoded())
                if let end { throw end }
                return
            }
        }
        try await ScriptedServer.run(router, body)
    }

    @Test func aServerThatEndsEveryStreamGetsEverythingInTheEnd() async throws {
        for end in [RPCError(.unavailable, "draining"), nil] {
            try await run(ending: end) { server in
                try await server.withClient { client in
                    let answers = Answers()
                    let upload = client.upload()
                    for number in 0..<20 {
                        try await upload.send(events(number..<number + 1), answered: answers.add)
                    }
                    try await upload.finish()
                    #expect(answers.all.map(\.id) == (0..<20).map(id))
                }
            }
        }
    }

    @Test func anUploadMayBeginBeforeItsServer() async throws {
        let folder = try TemporaryDirectory()
        let notices = Notices()
        let address = try await RunningServer.with(data: folder.path) { $0.address }
        let client = AuditLogClient(
            servers: [try #require(ServerAddress(address))],
            configuration: .init(waitsForReady: true, reconnectBackoff: .quick),
            logger: notices.logger)
        let answers = Answers()
        let upload = client.upload()
        let sending = Task { try await upload.send(events(0..<1), answered: answers.add) }
        _ = await notices.next()
        try await RunningServer.with(data: folder.path, at: address) { _ in
            try await sending.value
            try await upload.finish()
            #expect(answers.all.map(\.id) == [id(0)])
            await client.close()
        }
    }

    @Test func whatNoAttemptMendsEndsTheUpload() async throws {
        try await run(ending: RPCError(.permissionDenied, "not you")) { server in
            try await server.withClient { client in
                let upload = client.upload()
                let error = await failure {
                    for number in 0..<20 {
                        try await upload.send(events(number..<number + 1)) { _ in }
                    }
                    try await upload.finish()
                }
                #expect(error?.message == "not you")
            }
        }
    }

    @Test func aServerThatAnswersNothingIsGivenUp() async throws {
        var router = RPCRouter()
        router.addBidirectional(CallRunner.Method.recordStream.path) { messages, _, context in
            try await context.waitForDrain()
        }
        try await ScriptedServer.run(router) { server in
            try await server.withClient(timeout: .milliseconds(100)) { client in
                let upload = client.upload()
                let error = await failure {
                    try await upload.send(events(0..<1)) { _ in }
                    try await upload.finish()
                }
                #expect(
                    error?.message
                        == "nothing has come from the server at \(server.address) for 100ms "
                        + "(after 3 attempts)")
            }
        }
    }

    @Test func whoeverWantsTheAnswersMayEndTheUpload() async throws {
        struct Enough: Error {}
        let folder = try TemporaryDirectory()
        try await RunningServer.with(data: folder.path) { server in
            let client = try makeClient(server)
            let upload = client.upload()
            await #expect(throws: Enough.self) {
                for number in 0..<50 {
                    try await upload.send(events(number..<number + 1)) { _ in throw Enough() }
                }
                try await upload.finish()
            }
            await client.close()
        }
    }
}
