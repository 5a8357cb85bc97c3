import Testing

@testable import AuditRPC

@Suite struct ServerCallStateTests {
    @Test func aUnaryCall() {
        var state = ServerCallState(singleRequest: true)
        #expect(state.receiveMessage() == .deliver)
        #expect(state.receiveEnd() == .deliver)
        #expect(state.send() == .sendHeadersAndMessage)
        #expect(state.finish() == .sendTrailers)
        #expect(!state.isOpen)
        #expect(state.close() == .ignore)
    }

    @Test func theNumberOfRequests() {
        var none = ServerCallState(singleRequest: true)
        #expect(none.receiveEnd() == .refuseMissing)
        var two = ServerCallState(singleRequest: true)
        #expect(two.receiveMessage() == .deliver)
        #expect(two.receiveMessage() == .refuseSecond)
        var many = ServerCallState(singleRequest: false)
        #expect(many.receiveMessage() == .deliver)
        #expect(many.receiveMessage() == .deliver)
        #expect(many.receiveEnd() == .deliver)
        var empty = ServerCallState(singleRequest: false)
        #expect(empty.receiveEnd() == .deliver)
    }

    @Test func headersBeforeTheFirstMessage() {
        var state = ServerCallState(singleRequest: true)
        #expect(state.sendHeaders() == .send)
        #expect(state.sendHeaders() == .tooLate)
        #expect(state.send() == .sendMessage)
        #expect(state.finish() == .sendTrailers)
        #expect(state.sendHeaders() == .ignore)

        var late = ServerCallState(singleRequest: true)
        #expect(late.send() == .sendHeadersAndMessage)
        #expect(late.sendHeaders() == .tooLate)
    }

    @Test func aStatusAlone() {
        var state = ServerCallState(singleRequest: true)
        #expect(state.finish() == .sendTrailersOnly)
        #expect(state.finish() == .ignore)
        #expect(state.send() == .ignore)
        #expect(state.receiveMessage() == .ignore)
        #expect(state.isInboundOpen)
        #expect(state.receiveEnd() == .ignore)
        #expect(!state.isInboundOpen)
    }

    @Test func aClosedCallIgnoresItsHandler() {
        var state = ServerCallState(singleRequest: true)
        #expect(state.close() == .cancelHandler)
        #expect(state.close() == .ignore)
        #expect(state.send() == .ignore)
        #expect(state.finish() == .ignore)
        #expect(state.receiveMessage() == .ignore)
    }
}
