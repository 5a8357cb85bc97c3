@testable import AuditRPC

/// One row against one server.
struct ConformanceRun {
    enum Delivery: Sendable, CaseIterable {
        /// All that no wait stands between, in one write.
        case atOnce
        /// Each byte in a write of its own, so that each frame is dealt with before the next has come.
        case byteByByte
    }

    private let row: ConformanceCase
    private let delivery: Delivery
    private let peer: RawPeer
    private var waitingBytes: [UInt8] = []
    private var settingsSent = 0
    private var settingsAcknowledged = 0
    /// The kinds of frames that came, for a failure's text.
    private var seen: [String] = []

    /// What went wrong; nil when the server reacted as it must.
    static func problem(
        of row: ConformanceCase, at address: RPCAddress, _ delivery: Delivery
    ) async throws -> String? {
        let peer = try await RawPeer.connect(to: address, sayingHello: false)
        var run = ConformanceRun(row: row, delivery: delivery, peer: peer)
        let problem = await run.problem()
        await peer.close()
        return problem
    }

    private init(row: ConformanceCase, delivery: Delivery, peer: RawPeer) {
        self.row = row
        self.delivery = delivery
        self.peer = peer
    }

    private mutating func problem() async -> String? {
        if row.saysHello {
            waitingBytes = RawPeer.preface
            append(RawFrame(.settings))
        }
        for step in row.steps {
            let isReached: Bool
            switch step {
            case .send(let frame):
                append(frame)
                continue
            case .sendBytes(let bytes):
                waitingBytes += bytes
                continue
            case .awaitSettings: isReached = await reachSettings()
            case .awaitEnd:
                isReached = await reach { $0.stream == 1 && ($0.endsStream || $0.kind == 3) }
            case .awaitData: isReached = await reach { $0.stream == 1 && $0.kind == 0 }
            }
            if !isReached { return "the connection ended in between; \(seen) came" }
        }
        await flush()
        return await judge() ? nil : "\(seen) came"
    }

    // MARK: Sending

    private mutating func append(_ frame: RawFrame) {
        if frame.kind == RawFrame.Kind.settings.rawValue, frame.flags & 1 == 0 { settingsSent += 1 }
        waitingBytes += frame.bytes
    }

    /// A server that has closed already takes nothing: what it said before that is what counts.
    private mutating func flush() async {
        let bytes = waitingBytes
        waitingBytes = []
        // Frames of kilobytes say nothing new when they are cut everywhere.
        let head = delivery == .byteByByte ? min(bytes.count, 2_000) : 0
        do {
            for byte in bytes.prefix(head) { try await peer.send([byte]) }
            try await peer.send(Array(bytes.dropFirst(head)))
        } catch {}
    }

    // MARK: Reading

    private mutating func next() async -> RawFrame? {
        guard let frame = await peer.next(where: { _ in true }) else { return nil }
        if frame.kind == RawFrame.Kind.settings.rawValue, frame.flags & 1 == 1 {
            settingsAcknowledged += 1
        }
        seen.append(frame.summary)
        return frame
    }

    private mutating func reach(_ isIt: (RawFrame) -> Bool) async -> Bool {
        await flush()
        while let frame = await next() { if isIt(frame) { return true } }
        return false
    }

    private mutating func reachSettings() async -> Bool {
        await flush()
        while settingsAcknowledged < settingsSent {
            if await next() == nil { return false }
        }
        return true
    }

    /// Reads up to the reaction, or up to the second of two PINGs: the first may overtake an answer.
    private mutating func judge() async -> Bool {
        if case .settingsAcknowledged = row.reaction, settingsAcknowledged == settingsSent {
            return true
        }
        if row.saysHello {
            append(.ping("marker-1"))
            await flush()
        }
        while let frame = await next() {
            switch verdict(on: frame) {
            case true?: return true
            case false?: return false
            case nil: break
            }
            guard frame.kind == RawFrame.Kind.ping.rawValue else { continue }
            if frame.payload == RawFrame.ping("marker-1").payload {
                append(.ping("marker-2"))
                await flush()
            } else if frame.payload == RawFrame.ping("marker-2").payload {
                return false
            }
        }
        seen.append("the end")
        if case .pingOrEnd = row.reaction { return true }
        return false
    }

    /// Nil when the frame decides nothing.
    private func verdict(on frame: RawFrame) -> Bool? {
        let kind = RawFrame.Kind(rawValue: frame.kind)
        let code = HTTP2ErrorCode(rawValue: frame.code)
        switch row.reaction {
        case .connectionError(let codes): return kind == .goAway ? codes.contains(code) : nil
        case .streamError(let codes):
            if kind == .goAway { return codes.contains(code) }
            // A server that wants no more of a request may say so besides.
            return kind == .reset && code != .noError ? codes.contains(code) : nil
        case .reset(let wanted):
            return kind == .reset || kind == .goAway ? kind == .reset && code == wanted : nil
        case .headers(let stream): return kind == .headers ? frame.stream == stream : nil
        case .data(let bytes):
            return kind == .data && frame.stream == 1
                ? frame.payload.count == bytes ?? frame.payload.count : nil
        case .ping(let text), .pingOrEnd(let text):
            return kind == .ping && frame.payload == RawFrame.ping(text).payload
                ? frame.flags == 1 : nil
        case .settingsAcknowledged: return settingsAcknowledged == settingsSent ? true : nil
        case .settings: return kind == .settings && frame.flags == 0
        }
    }
}

extension RawFrame {
    /// As a failure's text shows it.
    fileprivate var summary: String {
        let name = Kind(rawValue: kind).map { "\($0)" } ?? "type \(kind)"
        switch Kind(rawValue: kind) {
        case .reset, .goAway: return "\(name) \(HTTP2ErrorCode(rawValue: code))"
        case .headers, .data: return "\(name) of stream \(stream)"
        default: return flags & 1 == 1 ? "\(name) ack" : name
        }
    }
}
