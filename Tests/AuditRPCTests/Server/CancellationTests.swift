import NIOCore
import NIOPosix
import Testing

@testable import AuditRPC

@Suite struct CancellationTests {
    /// A method that says when it began, then waits for ever, and says how that ended.
    private func waiting(
        began: Event<Void>, ended: Event<Bool>
    ) -> RPCRouter {
        var router = RPCRouter()
        router.addUnary("/test/Wait") { _, context in
            began.happen()
            do {
                try await context.waitForDrain()
            } catch {
                ended.happen(Task.isCancelled)
                throw error
            }
            ended.happen(false)
            return []
        }
        return router
    }

    @Test func cancellingTheTaskCancelsTheHandler() async throws {
        let (began, ended) = (Event<Void>(), Event<Bool>())
        try await TestServer.run(waiting(began: began, ended: ended)) { test in
            let task = Task { try await test.client.unary("/test/Wait", []) }
            try await began.next()
            task.cancel()
            let error = await failure { _ = try await task.value }
            #expect(error?.code == .cancelled)
            #expect(try await ended.next())
        }
    }

    @Test func aCancelledTaskStartsNoCall() async throws {
        try await TestServer.run(.echo) { test in
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await test.client.unary("/test.Echo/Unary", [])
            }
            let error = await failure { _ = try await task.value }
            #expect(error?.code == .cancelled)
        }
    }

    @Test func cancellingACallCancelsTheHandler() async throws {
        let (began, ended) = (Event<Void>(), Event<Bool>())
        try await TestServer.run(waiting(began: began, ended: ended)) { test in
            let call = test.client.call("/test/Wait")
            try await call.write([])
            call.finishWriting()
            try await began.next()
            call.cancel()
            let error = await failure { for try await _ in call.messages {} }
            #expect(error?.code == .cancelled)
            #expect(try await ended.next())
        }
    }

    @Test func droppingACallCancelsTheHandler() async throws {
        let (began, ended) = (Event<Void>(), Event<Bool>())
        try await TestServer.run(waiting(began: began, ended: ended)) { test in
            var call: ClientCall? = test.client.call("/test/Wait")
            try await call?.write([])
            call?.finishWriting()
            try await began.next()
            call = nil
            #expect(try await ended.next())
        }
    }

    @Test func theDeadlineEndsBothSides() async throws {
        let (began, ended) = (Event<Void>(), Event<Bool>())
        try await TestServer.run(waiting(began: began, ended: ended)) {
            (test: TestServer) async throws in
            let error = await failure {
                _ = try await test.client.unary(
                    "/test/Wait", [], options: .init(timeout: .milliseconds(50)))
            }
            #expect(error?.code == .deadlineExceeded)
            #expect(try await ended.next())
        }
    }

    @Test func theServerAnswersAtTheDeadline() async throws {
        let cancelled = Event<CancelReason>()
        var router = RPCRouter()
        router.add("/test/Wait", requests: .one) { _ in
            let handler = ScriptedHandler()
            handler.onCancel = { cancelled.happen($0) }
            return handler
        }
        try await TestServer.runRaw(router) { _, peer in
            // Out of order: the later deadline must not hide the earlier one.
            try await peer.send(
                .request("/test/Wait", stream: 1, adding: [("grpc-timeout", "1H")]),
                .request("/test/Wait", stream: 3, adding: [("grpc-timeout", "10m")]),
                .request("/test/Wait", stream: 5, adding: [("grpc-timeout", "20m")]))
            #expect(await peer.response(stream: 3).last?.fields["grpc-status"] == "4")
            #expect(await peer.response(stream: 5).last?.fields["grpc-status"] == "4")
            #expect(try await cancelled.next() == .deadlineExceeded)
            #expect(try await cancelled.next() == .deadlineExceeded)
            try await peer.send(
                RawFrame(.reset, stream: 1, payload: [0, 0, 0, 8]))
            #expect(try await cancelled.next() == .reset(code: 8))
        }
    }

    @Test func aLostConnectionCancelsTheHandler() async throws {
        let cancelled = Event<CancelReason>()
        let began = Event<Void>()
        var router = RPCRouter()
        router.add("/test/Wait", requests: .one) { _ in
            let handler = ScriptedHandler()
            handler.onCancel = { cancelled.happen($0) }
            began.happen()
            return handler
        }
        try await TestServer.runRaw(router) { _, peer in
            try await peer.send(.request("/test/Wait"))
            try await began.next()
            await peer.close()
            #expect(try await cancelled.next() == .connectionClosed)
        }
    }

    @Test func anAnswerAfterTheEndIsIgnored() async throws {
        let arrived = Event<CallReference>()
        let cancelled = Event<Void>()
        var router = RPCRouter.echo
        router.add("/test/Wait", requests: .one) { call in
            let handler = ScriptedHandler()
            handler.onCancel = { _ in cancelled.happen() }
            arrived.happen(call.reference)
            return handler
        }
        try await TestServer.runRaw(router) { _, peer in
            try await peer.send(.request("/test/Wait"))
            let reference = try await arrived.next()
            try await peer.send(RawFrame(.reset, stream: 1, payload: [0, 0, 0, 8]))
            try await cancelled.next()
            let touched = Counter()
            reference.execute { _ in touched.add(1) }
            // A later call shows that the loop is past the delivery.
            try await peer.send(
                .request("/test.Echo/Loop", stream: 3),
                .data(framed([]), stream: 3, endStream: true))
            #expect(await peer.response(stream: 3).last?.fields["grpc-status"] == "0")
            #expect(touched.value == 0)
        }
    }
}
