import AuditRPC
import Codec
import Testing

@testable import AuditClient

struct CallFailureTests {
    typealias Kind = RetryMachine.Failure

    let server = ServerAddress(host: "a", port: 1)

    func kind(
        _ code: RPCStatus.Code, pushback: String? = nil, retryDelay: Duration? = nil,
        cause: ClientFailure? = nil
    ) -> Kind {
        let details = retryDelay.map {
            StatusDetails(code: Int32(code.rawValue), message: "", retryDelay: $0).encoded()
        }
        let trailers = RPCMetadata(pushback.map { [("grpc-retry-pushback-ms", $0)] } ?? [])
        let error = RPCError(code, "", details: details, metadata: trailers, cause: cause)
        return CallFailure(error, from: server).kind
    }

    @Test func whatTheServerSaysAboutAnotherAttemptCounts() {
        #expect(kind(.unavailable) == .unavailable(nil))
        #expect(kind(.unavailable, pushback: "1500") == .unavailable(.after(.milliseconds(1_500))))
        #expect(kind(.unavailable, pushback: "0") == .unavailable(.after(.zero)))
        #expect(
            kind(.resourceExhausted, retryDelay: .seconds(2)) == .exhausted(.after(.seconds(2))))
        #expect(kind(.resourceExhausted) == .exhausted(nil))
    }

    @Test(arguments: ["-1", "soon", "", "1.5", "99999999999"])
    func whatIsNoTimeMeansNever(pushback: String) {
        #expect(kind(.unavailable, pushback: pushback) == .unavailable(.never))
    }

    @Test func aPauseThatIsAskedForIsBounded() {
        #expect(
            kind(.unavailable, pushback: "2000000000")
                == .unavailable(.after(Limits.pushbackMax)))
        #expect(
            kind(.unavailable, retryDelay: .seconds(100_000))
                == .unavailable(.after(Limits.pushbackMax)))
        #expect(kind(.unavailable, retryDelay: .seconds(-1)) == .unavailable(.after(.zero)))
    }

    @Test func whatEndedTheCallOnThisSideGoesBeforeItsStatus() {
        #expect(kind(.unavailable, cause: .notProcessed) == .notProcessed)
        #expect(kind(.unavailable, cause: .connectionLost) == .connectionLost)
        // A proxy that does not reach the server.
        #expect(kind(.unavailable, cause: .notGRPC(httpStatus: 503)) == .unavailable(nil))
    }

    @Test(arguments: [
        RPCStatus.Code.cancelled, .unknown, .invalidArgument, .deadlineExceeded, .notFound,
        .alreadyExists, .permissionDenied, .failedPrecondition, .aborted, .outOfRange,
        .unimplemented, .internal, .dataLoss, .unauthenticated,
    ])
    func otherStatusesAreFinal(code: RPCStatus.Code) {
        #expect(kind(code) == .final)
    }

    @Test(arguments: [
        (502, "a proxy at a:1 answered with HTTP status 502: it does not reach the audit server"),
        (403, "a proxy at a:1 answered with HTTP status 403: it does not let this client through"),
        (404, "a web server at a:1 answered with HTTP status 404, and not an audit server"),
        (200, "a web server at a:1 answered with HTTP status 200, and not an audit server"),
    ])
    func anAnswerOfHTTPIsNamed(status: Int, beginning: String) {
        let error = RPCError(.unknown, "", cause: ClientFailure.notGRPC(httpStatus: status))
        #expect(CallFailure(error, from: server).error.message.hasPrefix(beginning))
    }
}
