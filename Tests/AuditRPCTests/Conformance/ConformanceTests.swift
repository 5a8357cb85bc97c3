import NIOCore
import Testing

@testable import AuditRPC

/// What h2spec asks of a server of HTTP/2, row by row, and of nghttpd as a second opinion.
///
/// A server passes a row when it does what the row says: a mere end of the connection will not do.
@Suite(.timeLimit(.minutes(5))) struct ConformanceTests {
    @Test func theTableIsWhole() {
        let ids = ConformanceCase.all.map(\.id)
        #expect(ids.count == 147)
        #expect(Set(ids).count == ids.count)
    }

    @Test(arguments: ConformanceRun.Delivery.allCases)
    func auditRPC(_ delivery: ConformanceRun.Delivery) async throws {
        var limits = RPCLimits()
        limits.streamsPerConnectionMax = ConformanceCase.streamsMax
        // The end of a request alone releases its answer: the machine may be slow.
        limits.foreignRequestTime = .hours(1)
        let server = try await TestServer.start(.echo, limits: limits)
        for row in ConformanceCase.all {
            let problem = try await ConformanceRun.problem(
                of: row, at: server.boundAddress, delivery)
            #expect(problem == nil, "\(row.testDescription)")
        }
        // One that goes on serves the next client as ever.
        #expect(server.connectionCount <= ConformanceCase.all.count)
        await server.shutdown()
    }

    /// What nghttpd does differently. It is the reference for all other rows.
    private static let differences: Set<String> = [
        // It closes without GOAWAY, which h2spec takes for an answer.
        "http2/3.5/2",
        // RFC 9113 §5.1.1; nghttp2 ignores the frame.
        "http2/5.1.1/2",
    ]

    @Test(.enabled(if: NghttpdProcess.isInstalled, "Debian's nghttp2-server has nghttpd"))
    func nghttpd() async throws {
        let process = try await NghttpdProcess.start(streamsMax: ConformanceCase.streamsMax)
        defer { process.stop() }
        for row in ConformanceCase.all {
            let problem = try await ConformanceRun.problem(of: row, at: process.address, .atOnce)
            #expect(
                (problem != nil) == Self.differences.contains(row.id),
                "\(row.testDescription): \(problem ?? "passed")")
        }
    }
}
