import Testing

@testable import AuditRPC

@Suite struct ResponseHeadTests {
    private func head(_ fields: [(String, String)]) -> ResponseHead {
        var head = ResponseHead()
        for (name, value) in fields {
            Array(name.utf8).withUnsafeBytes { name in
                Array(value.utf8).withUnsafeBytes {
                    head.receive(name: name, value: $0, listBytesMax: 16 << 10)
                }
            }
        }
        return head
    }

    @Test func statusFields() {
        var fields = HeaderFields()
        let status = RPCStatus(.notFound, "no such ü", details: [1, 2, 3])
        StatusFields.append(status, to: &fields, limits: RPCLimits())
        var head = ResponseHead()
        fields.visit { head.receive(name: $0, value: $1, listBytesMax: 16 << 10) }
        #expect(head.status == status)
    }

    @Test(arguments: [
        ("17", RPCStatus.Code.unknown), ("x", .unknown), ("", .unknown), ("8", .resourceExhausted),
    ])
    func numbers(text: String, code: RPCStatus.Code) {
        #expect(head([(":status", "200"), ("grpc-status", text)]).status.code == code)
    }

    @Test(arguments: [
        ("400", RPCStatus.Code.internal), ("401", .unauthenticated), ("403", .permissionDenied),
        ("404", .unimplemented), ("429", .unavailable), ("502", .unavailable),
        ("503", .unavailable), ("504", .unavailable), ("500", .unknown), ("200", .unknown),
        ("431", .internal), ("418", .unknown), ("800", .unknown),
    ])
    func httpStatuses(text: String, code: RPCStatus.Code) {
        #expect(head([(":status", text)]).status.code == code)
    }

    @Test func resets() {
        let codes: [(HTTP2ErrorCode, RPCStatus.Code)] = [
            (.noError, .internal), (.protocolError, .internal), (.refusedStream, .unavailable),
            (.cancel, .cancelled), (.enhanceYourCalm, .resourceExhausted),
            (.inadequateSecurity, .permissionDenied), (.http11Required, .unknown),
            (HTTP2ErrorCode(rawValue: 99), .unknown),
        ]
        for (reset, code) in codes {
            #expect(ResponseHead.status(reset: reset).code == code, "\(reset)")
        }
    }

    @Test(arguments: [
        ("application/grpc", ContentType.grpc), ("application/grpc+proto", .grpc),
        ("application/grpc;charset=utf-8", .grpc), ("application/grpc+proto ; a=b", .grpc),
        ("Application/gRPC", .grpc), ("application/grpc+json", .grpcFormat),
        ("application/grpc-web", .other), ("application/grpc-web+proto", .other),
        ("application/grpcx", .other), ("application/json", .other), ("", .other),
    ])
    func contentTypes(text: String, type: ContentType) {
        #expect(head([("content-type", text)]).contentType == type)
    }
}
