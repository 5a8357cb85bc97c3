import AuditRPC
import Codec
import Logging
import NIOCore
import NIOPosix
import RPCServices
import Testing

private let reflectionNames = [
    "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection",
]

/// The services in a server, asked by a client over one connection.
@Suite("Health and reflection over a connection")
struct ServiceCallTests {
    @Test("Check says NOT_FOUND of a service that is not there; List gives all")
    func check() async throws {
        try await withServer { server in
            #expect(try await server.check("audit") == .serving)
            #expect(try await server.check("") == .serving)
            let error = await #expect(throws: RPCError.self) { try await server.check("nobody") }
            #expect(error?.code == .notFound)
            server.health.set(.notServing, of: ["audit"])
            #expect(try await server.check("audit") == .notServing)
            let list = try await server.client.unary(
                "/grpc.health.v1.Health/List", HealthListRequest().encoded())
            #expect(
                try HealthListResponse(decoding: list).statuses
                    == [
                        "": .serving, "audit": .notServing, "grpc.health.v1.Health": .serving,
                        reflectionNames[0]: .serving, reflectionNames[1]: .serving,
                    ])
        }
    }

    @Test("Watch says the status at once, and each change; a drain ends it")
    func watch() async throws {
        try await withServer { server in
            var audit = try await server.watch("audit")
            var nobody = try await server.watch("nobody")
            #expect(try await audit.next() == .serving)
            #expect(try await nobody.next() == .serviceUnknown)
            for _ in 0..<3 {
                server.health.set(.notServing, of: ["audit", "nobody"])
                #expect(try await audit.next() == .notServing)
                server.health.set(.serving, of: ["audit"])
                #expect(try await audit.next() == .serving)
            }
            server.health.end()
            #expect(try await audit.next() == .notServing)
            async let drained: Void = server.server.drain(timeout: .seconds(30))
            #expect(try await audit.end() == .unavailable)
            #expect(try await nobody.end() == .unavailable)
            await drained
        }
    }

    @Test("one watcher too many is refused; one who leaves makes room")
    func watchers() async throws {
        var limits = RPCServiceLimits()
        limits.healthWatchersMax = 2
        try await withServer(limits) { server in
            var first = try await server.watch("audit")
            var second = try await server.watch("nobody")
            _ = try await (first.next(), second.next())
            var third = try await server.watch("audit")
            #expect(try await third.end() == .resourceExhausted)
            first.cancel()
            // On one connection: the server reads the reset before what comes after it.
            var fourth = try await server.watch("audit")
            #expect(try await fourth.next() == .serving)
        }
    }

    @Test("hundreds of watchers on one connection are all told")
    func manyWatchers() async throws {
        try await withServer { server in
            var watches: [Watch] = []
            for _ in 0..<500 {
                var watch = try await server.watch("audit")
                #expect(try await watch.next() == .serving)
                watches.append(watch)
            }
            server.health.set(.notServing, of: ["audit"])
            for index in watches.indices {
                #expect(try await watches[index].next() == .notServing)
            }
        }
    }

    @Test("reflection answers all of many questions", arguments: reflectionNames)
    func reflection(service: String) async throws {
        try await withServer { server in
            let call = server.client.call("/\(service)/ServerReflectionInfo")
            let question = ReflectionRequest(.fileNamed("auditrpc/v1/audit_log.proto")).encoded()
            // Their answers together are far more than windows and queues hold.
            let count = 2_000
            let writing = Task {
                for _ in 0..<count { try await call.write(question) }
                call.finishWriting()
            }
            var answers = 0
            for try await message in call.messages {
                guard case .files = try ReflectionResponse(decoding: message).answer else {
                    Issue.record("answer \(answers) has no file")
                    continue
                }
                answers += 1
            }
            try await writing.value
            #expect(answers == count)
        }
    }

    @Test("reflection names every service of the router")
    func services() async throws {
        try await withServer { server in
            let call = server.client.call("/\(reflectionNames[0])/ServerReflectionInfo")
            try await call.write(ReflectionRequest(.services("")).encoded())
            call.finishWriting()
            var answers: [ReflectionResponse.Answer?] = []
            for try await message in call.messages {
                answers.append(try ReflectionResponse(decoding: message).answer)
            }
            #expect(answers == [.services(["audit", "grpc.health.v1.Health"] + reflectionNames)])
        }
    }

    @Test("reflection refuses a question that is too long, and what is none")
    func badQuestions() async throws {
        try await withServer { server in
            let long = ReflectionRequest(.fileNamed(String(repeating: "x", count: 5_000)))
            for question in [long.encoded(), [0xFF]] {
                let call = server.client.call(
                    "/\(reflectionNames[0])/ServerReflectionInfo")
                try await call.write(question)
                let error = await #expect(throws: RPCError.self) {
                    for try await _ in call.messages {}
                }
                #expect(error?.code == .invalidArgument)
            }
        }
    }

    // MARK: - The server

    private struct Running {
        let server: RPCServer
        let health: HealthService
        let client: RPCClientConnection

        func check(_ service: String) async throws -> ServingStatus {
            let answer = try await client.unary(
                "/grpc.health.v1.Health/Check", HealthCheckRequest(service: service).encoded())
            return try HealthCheckResponse(decoding: answer).status
        }

        func watch(_ service: String) async throws -> Watch {
            let call = client.call("/grpc.health.v1.Health/Watch")
            try await call.write(HealthCheckRequest(service: service).encoded())
            call.finishWriting()
            return Watch(call)
        }
    }

    private struct Watch {
        private let call: ClientCall
        private var messages: ResponseMessages.AsyncIterator

        init(_ call: ClientCall) {
            self.call = call
            messages = call.messages.makeAsyncIterator()
        }

        mutating func next() async throws -> ServingStatus? {
            try await messages.next().map { try HealthCheckResponse(decoding: $0).status }
        }

        /// The status of the call, when nothing comes before it.
        mutating func end() async throws -> RPCStatus.Code {
            do throws(RPCError) {
                let message = try await messages.next()
                Issue.record("\(message ?? []) in place of the end")
                return .ok
            } catch {
                return error.code
            }
        }

        func cancel() { call.cancel() }
    }

    private func withServer(
        _ limits: RPCServiceLimits = RPCServiceLimits(), _ body: (Running) async throws -> Void
    ) async throws {
        let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let health = HealthService(limits: limits)
        var router = RPCRouter()
        router.addUnary("/audit/Method") { message, _ in message }
        router.addGenericServices(health: health, descriptors: .contract, limits: limits)
        let server = try await RPCServer.start(
            on: RPCListeners([.tcp(host: "127.0.0.1", port: 0)]), router: router,
            configuration: .init(eventLoops: 2), logger: quiet)
        let client = try await RPCClientConnection.connect(
            to: server.boundAddress, on: MultiThreadedEventLoopGroup.singleton, logger: quiet)
        let result: Result<Void, any Error>
        do {
            result = .success(
                try await body(Running(server: server, health: health, client: client)))
        } catch {
            result = .failure(error)
        }
        await client.close()
        await server.shutdown()
        try result.get()
    }
}
