import Testing

@testable import AuditRPC

/// `google.rpc.Status` in `grpc-status-details-bin`.
@Suite struct StatusDetailsTests {
    private func router(details: [UInt8], afterMessage: Bool) -> RPCRouter {
        var router = RPCRouter()
        router.addServerStreaming("/test/Fail") { _, writer, _ in
            if afterMessage { try await writer.write([1]) }
            throw RPCError(.invalidArgument, "no", details: details)
        }
        return router
    }

    @Test(arguments: [0, 1, 2, 3, 4, 6 << 10], [true, false])
    func theyTravelWithoutPadding(count: Int, afterMessage: Bool) async throws {
        let details = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 11 &+ 250) }
        let router = router(details: details, afterMessage: afterMessage)
        try await TestServer.runRaw(router) { _, peer in
            try await peer.send(.request("/test/Fail"), .data(framed([]), endStream: true))
            let text = await peer.response().last?.fields["grpc-status-details-bin"]
            #expect(text.map { Array($0.utf8) } == Base64.encode(details))
            #expect(text?.contains("=") == false)
        }
        try await TestServer.run(router) { (test: TestServer) async throws in
            let call = test.client.call("/test/Fail")
            try await call.write([])
            call.finishWriting()
            let error = await failure { for try await _ in call.messages {} }
            #expect(error?.code == .invalidArgument)
            #expect(error?.details == details)
        }
    }

    @Test func detailsThatAreTooLongAreLeftOut() async throws {
        let details = [UInt8](repeating: 1, count: 6 << 10 + 1)
        let router = router(details: details, afterMessage: false)
        try await TestServer.runRaw(router) { _, peer in
            try await peer.send(.request("/test/Fail"), .data(framed([]), endStream: true))
            let fields = await peer.response().last?.fields
            #expect(fields?["grpc-status"] == "3")
            #expect(fields?["grpc-message"] == "no")
            #expect(fields?["grpc-status-details-bin"] == nil)
        }
    }
}
