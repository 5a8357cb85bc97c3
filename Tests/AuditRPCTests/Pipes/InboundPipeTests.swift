import Testing

@testable import AuditRPC

@Suite struct InboundPipeTests {
    @Test func aReaderThatIsAlwaysBehindHearsThatItIsCancelled() async throws {
        let pipe = InboundPipe(highWatermarkBytes: 1 << 10)
        let reader = Task {
            // Goes on from here when the task has been cancelled.
            while !Task.isCancelled { await Task.yield() }
            _ = pipe.push([1], wasCompressed: false)
            _ = pipe.push([2], wasCompressed: false)
            return try await pipe.next {}
        }
        reader.cancel()
        let error = await #expect(throws: RPCError.self) { try await reader.value }
        #expect(error?.code == .cancelled)
        #expect(pipe.byteCount == 0, "nobody reads what lies there")
    }

    @Test func whatLiesThereComesBeforeTheEnd() async throws {
        let pipe = InboundPipe(highWatermarkBytes: 1 << 10)
        _ = pipe.push([1], wasCompressed: false)
        pipe.finish()
        #expect(try await pipe.next {} == [1])
        #expect(try await pipe.next {} == nil)
    }
}
