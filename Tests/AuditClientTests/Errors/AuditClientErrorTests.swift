import Codec
import Testing

@testable import AuditClient

struct AuditClientErrorTests {
    @Test(
        arguments: [
            (1, AuditClientError.Code.cancelled), (2, .failed), (3, .refused), (4, .timedOut),
            (5, .refused), (6, .refused), (7, .refused), (8, .refused), (11, .refused),
            (12, .refused), (13, .failed), (14, .unavailable), (15, .failed), (16, .refused),
            (99, .failed),
        ] as [(Int32, AuditClientError.Code)])
    func aStatusSaysWhatACallerCanDo(grpcCode: Int32, code: AuditClientError.Code) {
        #expect(AuditClientError.Code(grpcCode: grpcCode) == code)
    }

    @Test func reasonsThatTheMessageDoesNotGiveAreAdded() {
        let first = FieldViolation(field: "target.id", reason: "is missing")
        let second = FieldViolation(field: "change", reason: "has 5,000 bytes, at most 4,096")
        let error = AuditClientError(
            StatusDetails(
                code: 3, message: "target.id: is missing (and 1 more)",
                violations: [first, second]))
        #expect(error.code == .refused)
        #expect(
            error.message
                == "target.id: is missing (and 1 more); change: has 5,000 bytes, at most 4,096")
        #expect(error.violations == [first, second])
    }

    @Test func aStatusWithoutWordsStillSaysSomething() {
        let error = AuditClientError(StatusDetails(code: 15, message: ""))
        #expect(error.message == "the server answered with status 15")
    }
}

struct ServerAddressTests {
    @Test(arguments: [
        ("127.0.0.1:50051", "127.0.0.1", 50051), ("audit.internal:1", "audit.internal", 1),
        ("[::1]:50051", "::1", 50051),
    ])
    func reads(text: String, host: String, port: Int) throws {
        let address = try #require(ServerAddress(text))
        #expect(address == ServerAddress(host: host, port: port))
        #expect(address.port == port)
        #expect(address.description == text)
    }

    @Test func readsASocket() {
        let address = ServerAddress("unix:/run/audit.sock")
        #expect(address == ServerAddress(socketPath: "/run/audit.sock"))
        #expect(address?.isThisMachine == true && address?.port == nil)
    }

    @Test(arguments: ["", "host", "host:65536", "::1", "unix:"])
    func refuses(text: String) {
        #expect(ServerAddress(text) == nil)
    }
}
