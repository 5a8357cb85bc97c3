import AuditRPC
import InteropMessages
import NIOCore

/// Cases of one call after another.
extension CaseContext {
    func rpcSoak() async throws {
        try await repeatCall { connection }
    }

    /// Each call has a connection of its own.
    func channelSoak() async throws {
        try await repeatCall {
            try await server.connect()
        }
    }

    private func repeatCall(on connect: () async throws -> RPCClientConnection) async throws {
        let clock = ContinuousClock()
        let end = clock.now + soak.overallTimeout
        var failures = 0
        for iteration in 0..<soak.soakIterations {
            let start = clock.now
            try expect(
                start < end,
                "only \(iteration) of \(soak.soakIterations) calls fit into \(soak.overallTimeout)")
            let (milliseconds, problem) = await measureCall(within: end - start, on: connect)
            print(
                "soak iteration: \(iteration) elapsed_ms: \(milliseconds) peer: \(server.address) "
                    + (problem.map { "failed: \($0)" } ?? "succeeded"))
            if problem != nil { failures += 1 }
            guard iteration + 1 < soak.soakIterations else { break }
            let next = start + .milliseconds(soak.soakMinTimeMsBetweenRpcs)
            try await clock.sleep(until: min(next, end))
        }
        try expect(
            failures <= soak.soakMaxFailures, "\(failures) of \(soak.soakIterations) calls failed")
    }

    /// How long it took to get a connection and an answer, and what was wrong. Closing the connection is no part of it.
    private func measureCall(
        within timeout: Duration, on connect: () async throws -> RPCClientConnection
    ) async -> (milliseconds: Int, problem: String?) {
        let clock = ContinuousClock()
        let start = clock.now
        var problem: String?
        var own: RPCClientConnection?
        do {
            let connection = try await connect()
            own = connection === self.connection ? nil : connection
            let request = Self.largeRequest(
                bytes: soak.soakRequestSize, asking: soak.soakResponseSize)
            let response = try await unaryCall(
                request, options: CallOptions(timeout: TimeAmount(timeout)), on: connection)
            try check(response, soak.soakResponseSize)
        } catch {
            problem = "\(error)"
        }
        let milliseconds = Int((clock.now - start) / .milliseconds(1))
        await own?.close()
        if milliseconds > soak.soakPerIterationMaxAcceptableLatencyMs {
            problem = problem ?? "slow"
        }
        return (milliseconds, problem)
    }
}
