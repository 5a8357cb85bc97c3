import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import AuditRPC

@Suite struct FlowControlTests {
    @Test func aPausedHandlerStopsTheClientAtTheWindow() async throws {
        let arrived = Event<CallReference>()
        var router = RPCRouter.echo
        router.add("/test/Slow", requests: .many) { call in
            let handler = ScriptedHandler()
            let total = Counter()
            handler.onMessage = { message, _ in total.add(message.count) }
            handler.onEnd = { call in
                call.send(message: [UInt8](String(total.value).utf8))
                call.finish()
            }
            call.pauseReading()
            arrived.happen(call.reference)
            return handler
        }
        try await TestServer.runRaw(router) { server, peer in
            try await peer.send(.request("/test/Slow"))
            let reference = try await arrived.next()
            // The initial window of RFC 9113, before our SETTINGS were acknowledged: 65,535 bytes.
            let message = framed([UInt8](repeating: 1, count: 16_379))
            for _ in 0..<3 { try await peer.send(.data(message)) }
            // Other calls go on.
            try await peer.send(
                .request("/test.Echo/Loop", stream: 3),
                .data(framed([]), stream: 3, endStream: true))
            let isWindow = { (frame: RawFrame) in frame.kind == 8 && frame.stream == 1 }
            var seen: [RawFrame] = []
            while let frame = await peer.next(where: { _ in true }) {
                seen.append(frame)
                if frame.stream == 3, frame.endsStream { break }
            }
            #expect(!seen.contains(where: isWindow), "a paused call gave window back")
            reference.execute { $0.resumeReading() }
            let window = await peer.next(where: isWindow)
            #expect(window?.payload.reduce(0) { $0 << 8 | Int($1) } == 3 * 16_384)
            try await peer.send(.data([], endStream: true))
            let answer = await peer.response()
            #expect(answer.dropFirst().first?.payload == framed(Array("49137".utf8)))
        }
    }

    @Test func aHugeUploadWaitsForItsReader() async throws {
        let go = Event<Void>()
        let size = 32 << 20
        var router = RPCRouter()
        router.addClientStreaming("/test/Upload") { messages, _ in
            try await go.next()
            var total = 0
            for try await message in messages { total += message.count }
            #expect(total == size)
            return Array(String(total).utf8)
        }
        try await TestServer.run(router) { test in
            let call = test.client.call("/test/Upload")
            let chunk = [UInt8](repeating: 3, count: 1 << 16)
            let upload = Task {
                for _ in 0..<(size / chunk.count) { try await call.write(chunk) }
                call.finishWriting()
            }
            go.happen()
            let messages = call.messages.makeAsyncIterator()
            #expect(try await messages.next() == Array(String(size).utf8))
            try await upload.value
        }
    }

    @Test func aStalledReaderBoundsTheServersQueue() async throws {
        let queued = Event<Int>()
        // What a well-behaved handler does: it sends while the call is writable.
        let fill = { @Sendable (call: ServerCall) in
            while call.isWritable { call.send(message: [UInt8](repeating: 1, count: 995)) }
            queued.happen(call.queuedBytes)
        }
        var router = RPCRouter()
        router.add("/test/Flood", requests: .one) { call in
            let handler = ScriptedHandler()
            handler.onEnd = fill
            handler.onWritable = fill
            return handler
        }
        try await TestServer.runRaw(router) { _, peer in
            try await peer.send(
                .request("/test/Flood"), .data(framed([]), endStream: true))
            var received = 0
            // 66,000 bytes are queued, and 65,535 of them fit into the window of RFC 9113; then it is filled again.
            #expect(try await queued.next() == 66_000)
            #expect(try await queued.next() == 465 + 66_000)
            while received < 65_535, let frame = await peer.next(.data) {
                received += frame.payload.count
            }
            #expect(received == 65_535)
            // Window for 33,800 bytes brings the queue below the low watermark, and it is filled once more.
            let window: [UInt8] = [0, 0, 132, 8]
            try await peer.send(
                RawFrame(.window, stream: 0, payload: window),
                RawFrame(.window, stream: 1, payload: window))
            #expect(try await queued.next() == 66_465 - 33_800 + 33_000)
        }
    }

    @Test func writersWaitForAReader() async throws {
        let written = Counter()
        var router = RPCRouter()
        router.addServerStreaming("/test/Flood") { _, writer, _ in
            for _ in 0..<4_000 {
                try await writer.write([UInt8](repeating: 7, count: 1_000))
                written.add(1)
            }
        }
        try await TestServer.run(router) { test in
            let call = test.client.call("/test/Flood")
            try await call.write([])
            call.finishWriting()
            var received = 0
            var mostAhead = 0
            for try await message in call.messages {
                received += 1
                #expect(message.count == 1_000)
                mostAhead = max(mostAhead, written.value - received)
                if received % 100 == 0 { await Task.yield() }
            }
            #expect(received == 4_000)
            // Two queues of 64 KiB on each side and the window of 256 KiB are all that can lie between.
            #expect(mostAhead < 600)
        }
    }

    @Test func requestsThatWaitAreCapped() async throws {
        var limits = RPCLimits()
        limits.connectionBufferedBytesMax = 100_000
        limits.messageBytesMax = 1 << 20
        let cancelled = Event<CancelReason>()
        var router = RPCRouter.echo
        router.add("/test/Upload", requests: .many) { _ in
            let handler = ScriptedHandler()
            handler.onCancel = { cancelled.happen($0) }
            return handler
        }
        try await TestServer.run(router, limits: limits) { (test: TestServer) async throws in
            // One message of a megabyte that never becomes whole before the cap stops it.
            let error = await failure {
                let call = test.client.call("/test/Upload")
                try await call.write([UInt8](repeating: 0, count: 1 << 20))
                for try await _ in call.messages {}
            }
            #expect(error?.code == .resourceExhausted)
            #expect(try await cancelled.next() == .refused(.resourceExhausted))
            #expect(try await test.client.unary("/test.Echo/Loop", [1]) == [1])
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func interleavedUploadsAllEnd() async throws {
        try await TestServer.run(.echo) { test in
            let codes = await withTaskGroup(of: RPCStatus.Code?.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        let upload = [UInt8](repeating: 1, count: 4 << 20)
                        return await failure {
                            _ = try await test.client.unary(
                                "/test.Echo/Loop", upload, options: .init(timeout: .seconds(30)))
                        }?.code
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(codes.allSatisfy { $0 == nil || $0 == .resourceExhausted }, "\(codes)")
            #expect(codes.contains(nil))
        }
    }

    @Test func whatAHandlerKeepsUntilTheRequestEndsIsCapped() async throws {
        var limits = RPCLimits()
        limits.connectionBufferedBytesMax = 50_000
        try await TestServer.runRaw(.echo, limits: limits) { _, peer in
            // Whole messages, of requests that do not end.
            for stream in [UInt32(1), 3, 5, 7] {
                let message = framed([UInt8](repeating: 1, count: 14_000))
                try await peer.send(
                    .request("/test.Echo/Loop", stream: stream), .data(message, stream: stream))
            }
            let refused = await peer.next { $0.fields["grpc-status"] != nil }
            #expect(refused?.stream == 7)
            #expect(refused?.fields["grpc-status"] == "8")
        }
    }

    @Test func aBacklogThatNeverRunsEmptyStaysSmall() async throws {
        let arrived = Event<CallReference>()
        var router = RPCRouter()
        router.add("/test/Slow", requests: .many) { call in
            let handler = ScriptedHandler()
            handler.onMessage = { _, call in call.pauseReading() }
            arrived.happen(call.reference)
            return handler
        }
        try await TestServer.runRaw(router) { _, peer in
            let message = framed([UInt8](repeating: 1, count: 1_000))
            try await peer.send(.request("/test/Slow"), .data(message), .data(message))
            let reference = try await arrived.next()
            let capacities = Event<Int>()
            for _ in 0..<100 {
                try await peer.send(
                    .data(message), RawFrame(.ping, payload: [1, 2, 3, 4, 5, 6, 7, 8]))
                _ = await peer.next(.ping)
                reference.execute { call in
                    call.resumeReading()
                    capacities.happen(call.backlogCapacityBytes)
                }
                #expect(try await capacities.next() < 20_000)
            }
        }
    }

    @Test func aDeadlineEndsACallWhoseWindowIsExhausted() async throws {
        var router = RPCRouter()
        router.add("/test/Fill", requests: .one) { _ in
            let handler = ScriptedHandler()
            handler.onEnd = { call in
                // Exactly the first window of RFC 9113: the next message has no byte of it.
                call.send(message: [UInt8](repeating: 1, count: 65_530))
                call.send(message: [2])
            }
            return handler
        }
        try await TestServer.runRaw(router) { _, peer in
            try await peer.send(
                .request("/test/Fill", adding: [("grpc-timeout", "50m")]),
                .data(framed([]), endStream: true))
            let frames = await peer.response()
            #expect(frames.last?.kind == RawFrame.Kind.reset.rawValue)
            #expect(frames.last?.code == HTTP2ErrorCode.cancel.rawValue)
        }
    }

    @Test func responsesThatNobodyReadsAreCapped() async throws {
        var limits = RPCLimits()
        // Three answers, whether or not the first window has taken its part before the others come.
        limits.connectionQueuedBytesMax = 310_000
        let cancelled = Event<CancelReason>()
        var router = RPCRouter()
        router.add("/test/Large", requests: .one) { _ in
            let handler = ScriptedHandler()
            handler.onCancel = { cancelled.happen($0) }
            handler.onEnd = { call in
                call.send(message: [UInt8](repeating: 1, count: 100_000))
                call.finish()
            }
            return handler
        }
        try await TestServer.runRaw(router, limits: limits) { _, peer in
            // Nothing is read: the windows of streams and connection stay as they are, at 65,535 bytes.
            for stream in [UInt32(1), 3, 5, 7] {
                try await peer.send(
                    .request("/test/Large", stream: stream),
                    .data(framed([]), stream: stream, endStream: true))
            }
            let refused = await peer.next { $0.fields["grpc-status"] != nil }
            #expect(refused?.stream == 7)
            #expect(refused?.fields["grpc-status"] == "8")
            #expect(try await cancelled.next() == .refused(.resourceExhausted))
        }
    }

    @Test func aDeadlineEndsACallWhosePeerDoesNotRead() async throws {
        let cancelled = Event<CancelReason>()
        var router = RPCRouter()
        router.add("/test/Flood", requests: .one) { _ in
            let handler = ScriptedHandler()
            handler.onEnd = { call in
                while call.isWritable { call.send(message: [UInt8](repeating: 1, count: 70_000)) }
            }
            handler.onCancel = { cancelled.happen($0) }
            return handler
        }
        try await TestServer.runRaw(router) { _, peer in
            try await peer.send(
                .request("/test/Flood", adding: [("grpc-timeout", "20m")]),
                .data(framed([]), endStream: true))
            #expect(try await cancelled.next() == .deadlineExceeded)
            // In the middle of a message there is no place for trailers.
            #expect(await peer.next(.reset)?.code == HTTP2ErrorCode.cancel.rawValue)
        }
    }
}

/// A number that the event loop changes and the test reads.
final class Counter: Sendable {
    private let storage = Mutex(0)
    var value: Int { storage.withLock { $0 } }
    func add(_ count: Int) { storage.withLock { $0 += count } }
}
