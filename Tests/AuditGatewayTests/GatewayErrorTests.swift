import AuditRPC
import Codec
import Testing

@testable import AuditGateway

struct GatewayErrorTests {
    @Test func whatTheServiceSaysIsSaid() {
        let details = StatusDetails(
            code: 8, message: "over quota", violations: [], retryDelay: .milliseconds(1_500))
        let error = GatewayError(
            RPCError(.resourceExhausted, "over quota", details: details.encoded()))
        #expect(error.httpStatus == 429)
        #expect(error.retryAfter == 2)
        #expect(
            String(decoding: error.json, as: UTF8.self) == """
                {"error":{"code":"RESOURCE_EXHAUSTED","status":429,"message":"over quota","retry_after":"2s"}}
                """)
    }

    @Test func fieldsAreNamed() {
        let error = GatewayError(CodecError.invalid("page_size", "is negative"))
        #expect(error.httpStatus == 400)
        #expect(
            String(decoding: error.json, as: UTF8.self) == """
                {"error":{"code":"INVALID_ARGUMENT","status":400,"message":"page_size: is negative",\
                "violations":[{"field":"page_size","description":"is negative"}]}}
                """)
    }

    /// What a handler did not mean for clients may name what they must not know.
    @Test func othersAreNot() {
        struct Secret: Error { var text = "secret" }
        let error = GatewayError(Secret())
        #expect(error.httpStatus == 500)
        #expect(!error.message.contains("secret"))
    }

    @Test func everyCodeHasAStatusOfHTTP() {
        for code in RPCStatus.Code.allCases where code != .ok {
            #expect((400...599).contains(GatewayError(code, "").httpStatus))
        }
    }
}
