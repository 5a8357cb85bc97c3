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
        func add(_ results: [RecordResult]) { self.results.withLock { $0 += results } }
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
            #expect(answers.all.allSatisfy { $0.error == nil && !$0.duplicate })
            await client.close()
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
