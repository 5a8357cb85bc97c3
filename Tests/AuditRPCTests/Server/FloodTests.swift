import Logging
import NIOCore
import Testing

@testable import AuditRPC

/// What a hostile client may send to a server in use: it is told why, its connection ends, and nobody else's.
struct Attack: Sendable, CustomTestStringConvertible {
    let name: String
    /// The code of the GOAWAY; nil when the connection is closed without one.
    var code: HTTP2ErrorCode? = .enhanceYourCalm
    /// What it is counted as.
    var end = ConnectionEnd.flood
    /// Other than those of a server in use. No units are earned meanwhile: the machine may be slow.
    var limits = Attack.standard
    var life = TestServer.patient
    let frames: @Sendable () -> [RawFrame]

    var testDescription: String { name }

    static let standard: RPCLimits = {
        var limits = RPCLimits()
        limits.frameUnitsPerSecond = 0
        return limits
    }()

    /// What has no time to go on gets none.
    static func impatient(_ time: WritableKeyPath<RPCLimits, TimeAmount>) -> RPCLimits {
        var limits = standard
        limits[keyPath: time] = .milliseconds(1)
        return limits
    }

    static let all = floods + headerLists + others

    /// Just above what `RPCLimits` lets pass: 10,000,000 units.
    private static let floods: [Attack] = [
        Attack(name: "rapid reset (CVE-2023-44487)") {
            (0...4_000).flatMap { index in
                let stream = UInt32(2 * index + 1)
                return [
                    RawFrame.request("/test.Echo/Loop", stream: stream),
                    RawFrame(.reset, stream: stream, payload: [0, 0, 0, 8]),
                ]
            }
        },
        Attack(name: "resets that the server is made to send (CVE-2025-8671)") {
            // They count when they are sent, after what has been read with them.
            (0...12_000).map { index in
                .request(
                    "/test.Echo/Loop", stream: UInt32(2 * index + 1),
                    adding: [("connection", "close")])
            }
        },
        Attack(name: "SETTINGS") { repeated(RawFrame(.settings), 1_001) },
        Attack(name: "PING") { repeated(.ping("x"), 10_001) },
        Attack(name: "empty DATA") { repeated(.data([]), 10_001, behindRequest: true) },
        Attack(name: "tiny increments of a window") {
            repeated(RawFrame(.window, payload: [0, 0, 0, 1]), 10_001)
        },
        Attack(name: "PRIORITY") {
            repeated(RawFrame(.priority, stream: 7, payload: [0, 0, 0, 1, 1]), 10_001)
        },
        Attack(name: "unknown frames") { repeated(RawFrame(unknown: 0xfa), 10_001) },
        Attack(name: "DATA of one byte", limits: fewUnits) {
            repeated(.data([0]), 100_001, behindRequest: true)
        },
    ]

    private static let fewUnits: RPCLimits = {
        var limits = standard
        limits.frameUnitsMax = 100_000
        return limits
    }()

    private static let headerLists: [Attack] = [
        Attack(name: "CONTINUATION (CVE-2024-28182)") {
            [RawFrame(.headers, stream: 1, payload: [0])]
                + repeated(RawFrame(.continuation, stream: 1, payload: []), 9)
        },
        Attack(name: "a header list far above the limit") {
            let block = RawFrame.block([("x", String(repeating: "x", count: 16_000))])
            return [RawFrame(.headers, stream: 1, payload: block)]
                + repeated(RawFrame(.continuation, stream: 1, payload: block), 5)
        },
        Attack(name: "a header list that grows as it is decoded (CVE-2016-1544)") {
            // A field of 4,000 bytes goes into the table, and each further byte names it again.
            let field =
                [0x40] + RawFrame.block([("x", String(repeating: "x", count: 3_900))]).dropFirst()
            let names = [UInt8](repeating: 0xbe, count: 20)
            return [
                RawFrame(
                    .headers, flags: RawFrame.endHeaders, stream: 1, payload: field + names)
            ]
        },
        Attack(
            name: "a header list that does not end", end: .slowHeaders,
            limits: impatient(\.headerTime)
        ) {
            [RawFrame(.headers, stream: 1, payload: [0])]
        },
    ]

    private static let others: [Attack] = [
        Attack(name: "too many entries of SETTINGS", end: .broken) {
            [RawFrame(.settings, payload: (0..<33).flatMap { _ in [0, 9, 0, 0, 0, 1] as [UInt8] })]
        },
        Attack(name: "a window that overflows", code: .flowControlError, end: .broken) {
            repeated(RawFrame(.window, payload: [0x7f, 0xff, 0xff, 0xff]), 2)
        },
        Attack(
            name: "answers that wait behind a window of nothing", end: .stalled,
            limits: impatient(\.stallTime)
        ) {
            [
                RawFrame(.settings, payload: [0, 4, 0, 0, 0, 0]),
                .request("/test.Echo/Loop"), .data(framed([1, 2, 3]), endStream: true),
            ]
        },
        Attack(
            name: "a message that does not end", end: .stalled, limits: impatient(\.stallTime)
        ) {
            [.request("/test.Echo/Loop"), .data(Array(framed([1, 2, 3]).dropLast()))]
        },
        Attack(
            name: "a peer that is gone", code: nil, end: .silent,
            life: {
                var life = TestServer.patient
                life.keepalive = RPCKeepalive(
                    time: .milliseconds(1), timeout: .milliseconds(1), withoutCalls: true)
                return life
            }()
        ) { [] },
    ]

    private static func repeated(
        _ frame: RawFrame, _ count: Int, behindRequest: Bool = false
    ) -> [RawFrame] {
        (behindRequest ? [.request("/test.Echo/Loop")] : [])
            + [RawFrame](repeating: frame, count: count)
    }
}

@Suite(.timeLimit(.minutes(5))) struct FloodTests {
    @Test(arguments: Attack.all)
    func endsItsOwnConnection(_ attack: Attack) async throws {
        let log = RecordingLog()
        let server = try await TestServer.start(
            .echo, limits: attack.limits, life: attack.life, logger: log.logger)
        let attacker = try await RawPeer.connect(to: server.boundAddress)
        let name = try #require(attacker.localAddress)
        // It may find the connection closed before all of it is out.
        try? await attacker.send(attack.frames())
        var code: HTTP2ErrorCode?
        while let frame = await attacker.next(where: { _ in true }) {
            guard frame.kind == RawFrame.Kind.goAway.rawValue else { continue }
            #expect(code == nil, "a second GOAWAY")
            code = HTTP2ErrorCode(rawValue: frame.code)
        }
        #expect(code == attack.code)
        // Whoever has a millisecond to answer a PING may be too late without being hostile.
        if attack.end != .silent { await serves(server) }
        await server.shutdown()
        let lines = log.lines.filter { $0.contains(name) }
        #expect(lines.count == 1, "\(log.lines)")
        #expect(server.counters.connectionsEnded[attack.end] ?? 0 >= 1, "\(server.counters)")
        #expect(server.counters.connectionsEnded[.flood] ?? 0 == (attack.end == .flood ? 1 : 0))
    }

    /// Another client is answered as ever.
    private func serves(_ server: RPCServer) async {
        let error = await failure {
            let client = try await RPCClientConnection.connect(to: server.boundAddress)
            #expect(try await client.unary("/test.Echo/Loop", [7]) == [7])
            await client.close()
        }
        #expect(error == nil)
    }

    @Test func callsThatNobodyEndsShutNobodyOut() async throws {
        var limits = RPCLimits()
        (limits.callsMax, limits.connectionsMax) = (20, 10)
        let server = try await TestServer.start(.echo, limits: limits)
        let attacker = try await RawPeer.connect(to: server.boundAddress)
        let begun = (0..<30).map { RawFrame.request("/test.Echo/Both", stream: 2 * $0 + 1) }
        try await attacker.send(begun)
        let refusal = await attacker.next(.reset)
        #expect(refusal.map { HTTP2ErrorCode(rawValue: $0.code) } == .refusedStream)
        // All of them came in one read, or in two.
        #expect(server.counters.callsRefused >= 1)
        await serves(server)
        // What it held is free once it is gone.
        await attacker.close()
        let next = try await RawPeer.connect(to: server.boundAddress)
        try await next.send(
            .request("/test.Echo/Loop"), .data(framed([1]), endStream: true))
        #expect(await next.response().last?.fields["grpc-status"] == "0")
        await next.close()
        await server.shutdown()
    }

    @Test func theCountsReadAsOneLine() {
        var counters = RPCCounters()
        #expect(
            counters.description
                == "accepted 0, refused 0; ended none; calls 0, refused 0, reset for errors 0")
        counters.connectionsAccepted = 4
        counters.connectionsRefused = 1
        for end in [ConnectionEnd.flood, .peer, .peer] { counters.countEnd(end) }
        (counters.calls, counters.callsRefused, counters.streamErrors) = (12, 3, 2)
        #expect(
            counters.description == """
                accepted 4, refused 1; ended 2 by peer, 1 by flood; \
                calls 12, refused 3, reset for errors 2
                """)
    }
}
