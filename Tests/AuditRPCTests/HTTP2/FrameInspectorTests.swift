import NIOCore
import Testing

@testable import AuditRPC

@Suite struct FrameInspectorTests {
    /// An inspector behind the preface, of a client that has opened streams 1 and 5.
    private static func inspector(units: Int = 10_000_000) -> FrameInspector {
        var inspector = FrameInspector(
            allowance: FrameAllowance(unitsMax: units, unitsPerSecond: 0, now: .now()),
            headerBlockBytesMax: 1_000, continuationsMax: 2, prefaceBytes: 0)
        #expect(inspector.inspect([headers(1), headers(5)]) == .fine)
        return inspector
    }

    private static func headers(
        _ stream: UInt32, flags: UInt8 = RawFrame.endHeaders, bytes: Int = 3
    ) -> RawFrame {
        RawFrame(
            .headers, flags: flags, stream: stream, payload: [UInt8](repeating: 0, count: bytes))
    }

    private static let endStream = RawFrame.endHeaders | RawFrame.endStream

    /// Frames, and the fault that the last of them is.
    static let faults: [([RawFrame], FrameFault)] = [
        ([.data([1], stream: 1, endStream: true), .data([1], stream: 1)], .streamEnded),
        ([.data([], stream: 1, endStream: true), headers(1)], .streamEnded),
        ([headers(7, flags: endStream), headers(7, flags: endStream)], .streamEnded),
        (
            [RawFrame(.reset, stream: 5, payload: [0, 0, 0, 8]), .data([1], stream: 5)],
            .streamEnded
        ),
        ([headers(3)], .streamSkipped),
        ([RawFrame(.priority, stream: 0, payload: [0, 0, 0, 1, 9])], .invalidPriority),
        ([RawFrame(.priority, stream: 9, payload: [0, 0, 0, 9, 9])], .invalidPriority),
        // The exclusive bit is none of the number.
        ([RawFrame(.priority, stream: 9, payload: [128, 0, 0, 9, 9])], .invalidPriority),
        ([headers(7, bytes: 1_001)], .headersTooLarge),
        (
            [
                headers(7, flags: 0, bytes: 600),
                RawFrame(.continuation, stream: 7, payload: [UInt8](repeating: 0, count: 401)),
            ], .headersTooLarge
        ),
        (
            [headers(7, flags: 0), continuation(7), continuation(7), continuation(7)],
            .flood(.continuations)
        ),
    ]

    private static func continuation(_ stream: UInt32, flags: UInt8 = 0) -> RawFrame {
        RawFrame(.continuation, flags: flags, stream: stream, payload: [0])
    }

    @Test(arguments: faults)
    func frames(thatAreFaults frames: [RawFrame], _ fault: FrameFault) {
        let start = frames.dropLast().reduce(0) { $0 + $1.bytes.count }
        var inspector = Self.inspector()
        #expect(inspector.inspect(frames) == .fault(fault, at: start))
        // The same, however the bytes are cut: what came before the last frame has gone to the session.
        inspector = Self.inspector()
        var verdicts: [FrameInspector.Verdict] = []
        for byte in frames.flatMap(\.bytes) {
            verdicts.append(inspector.inspect(bytes: [byte]))
            if verdicts.last != .fine { break }
        }
        guard case .fault(fault, at: 0) = verdicts.last else {
            Issue.record("no fault but \(String(describing: verdicts.last))")
            return
        }
        #expect(verdicts.count > start)
    }

    static let legal: [[RawFrame]] = [
        // Frames that may come late, for a stream that is over.
        [
            .data([1], stream: 1, endStream: true),
            RawFrame(.window, stream: 1, payload: [0, 0, 0, 1]),
            RawFrame(.reset, stream: 1, payload: [0, 0, 0, 8]),
            RawFrame(.reset, stream: 1, payload: [0, 0, 0, 8]),
            RawFrame(.priority, stream: 1, payload: [0, 0, 0, 0, 9]),
        ],
        [headers(5, flags: endStream)],
        // More streams at a time than it remembers: what it has forgotten is nghttp2's to judge.
        (0..<200).map { headers(2 * $0 + 7) } + [.data([1], stream: 1), .data([1], stream: 7)],
        // Each list has its own number of CONTINUATION frames.
        [headers(7, flags: 0), continuation(7), continuation(7, flags: 4)]
            + [headers(9, flags: 0), continuation(9), continuation(9, flags: 4)],
        // nghttp2 has its own rules for these.
        [.data([1], stream: 0), .data([1], stream: 2), headers(2), headers(0)],
        [RawFrame(.priority, stream: 9, payload: [0, 0, 0])],
    ]

    @Test(arguments: legal)
    func frames(thatAreNone frames: [RawFrame]) {
        var inspector = Self.inspector()
        #expect(inspector.inspect(frames) == .fine)
        inspector = Self.inspector()
        for byte in frames.flatMap(\.bytes) { #expect(inspector.inspect(bytes: [byte]) == .fine) }
    }

    static let floods: [(RawFrame, FrameFlood)] = [
        (RawFrame(.reset, stream: 1, payload: [0, 0, 0, 8]), .resets),
        (RawFrame(.settings), .settings),
        (RawFrame(.settings, flags: 1), .settings),
        (RawFrame(.ping, payload: [0, 0, 0, 0, 0, 0, 0, 0]), .pings),
        (.data([], stream: 1), .emptyData),
        (.data([1, 2, 3, 4], stream: 1), .fragments),
        (
            RawFrame(.data, flags: 8, stream: 1, payload: [UInt8](repeating: 9, count: 256)),
            .fragments
        ),
        (headers(1), .trailers),
        (RawFrame(.priority, stream: 7, payload: [0, 0, 0, 1, 1]), .priorities),
        (RawFrame(.window, stream: 0, payload: [0, 0, 0, 1]), .windowUpdates),
        (RawFrame(.goAway, payload: [UInt8](repeating: 0, count: 8)), .goAways),
        (RawFrame(unknown: 0xfa), .unknown),
    ]

    @Test(arguments: floods)
    func frame(ofFlood frame: RawFrame, _ flood: FrameFlood) {
        var inspector = Self.inspector(units: 3 * flood.cost)
        #expect(inspector.inspect([frame, frame, frame]) == .fine)
        #expect(inspector.allowance.unitsLeft == 0)
        let size = frame.bytes.count
        let verdict = inspector.inspect([.request("/x", stream: 7), frame, frame])
        let start = RawFrame.request("/x", stream: 7).bytes.count
        guard case .overdrawn(flood, at: start, let next) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        // Behind its head; a PRIORITY's dependency is looked at with it.
        #expect(next > start && next <= start + size)
    }

    @Test func whatHonestClientsSendCostsNothing() {
        var inspector = Self.inspector(units: 0)
        let message = framed([])
        let frames: [RawFrame] = [
            .request("/x", stream: 7), .data(message, stream: 7),
            .data([1], stream: 7, endStream: true),
            .request("/x", stream: 9), .data([], stream: 9, endStream: true),
            .request("/x", stream: 11, endStream: true),
        ]
        #expect(inspector.inspect(frames) == .fine)
        #expect(inspector.allowance.unitsLeft == 0)
    }

    @Test func anOverdrawnInspectionGoesOn() {
        var inspector = Self.inspector(units: 0)
        let frame = RawFrame(.priority, stream: 7, payload: [0, 0, 0, 1, 1])
        let bytes = [frame, frame, .data([1, 2, 3, 4, 5], stream: 1), headers3].flatMap(\.bytes)
        var rounds = 0
        var offset = 0
        let last = bytes.withUnsafeBytes { bytes in
            while case .overdrawn(_, _, let next) = inspector.inspect(bytes, from: offset) {
                offset = next
                rounds += 1
            }
            return inspector.inspect(bytes, from: bytes.count)
        }
        #expect(rounds == 2)
        #expect(last == .fine)
    }

    private var headers3: RawFrame { Self.headers(7) }

    @Test func itKnowsWhenAHeaderListIsUnderWay() {
        var inspector = Self.inspector()
        let whole = Self.headers(7).bytes
        #expect(!inspector.isInHeaderBlock)
        let before = inspector.headerBlocks
        _ = inspector.inspect(bytes: Array(whole.dropLast()))
        #expect(inspector.isInHeaderBlock)
        #expect(inspector.headerBlocks == before + 1)
        _ = inspector.inspect(bytes: Array(whole.suffix(1)))
        #expect(!inspector.isInHeaderBlock)
        _ = inspector.inspect([Self.headers(9, flags: 0)])
        #expect(inspector.isInHeaderBlock)
        let rest = RawFrame(.continuation, flags: RawFrame.endHeaders, stream: 9, payload: [1])
        _ = inspector.inspect([rest])
        #expect(!inspector.isInHeaderBlock)
    }

    @Test func thePrefaceIsSkippedHoweverItComes() {
        let bytes =
            RawPeer.preface + RawFrame(.priority, stream: 0, payload: [0, 0, 0, 1, 1]).bytes
        for cut in [1, 23, 24, 25, 33] {
            var inspector = FrameInspector(
                allowance: FrameAllowance(unitsMax: 0, unitsPerSecond: 0, now: .now()),
                headerBlockBytesMax: 1_000, continuationsMax: 2)
            #expect(inspector.inspect(bytes: Array(bytes.prefix(cut))) == .fine)
            guard
                case .fault(.invalidPriority, _) = inspector.inspect(
                    bytes: Array(bytes.dropFirst(cut)))
            else {
                Issue.record("cut at \(cut)")
                continue
            }
        }
    }

    @Test func pingsThatAskAreCounted() {
        var inspector = Self.inspector()
        let payload = [UInt8](repeating: 0, count: 8)
        _ = inspector.inspect([
            RawFrame(.ping, payload: payload), RawFrame(.ping, flags: 1, payload: payload),
        ])
        #expect(inspector.pings == 1)
    }
}

extension FrameInspector {
    mutating func inspect(_ frames: [RawFrame]) -> Verdict {
        inspect(bytes: frames.flatMap(\.bytes))
    }

    mutating func inspect(bytes: [UInt8]) -> Verdict {
        bytes.withUnsafeBytes { inspect($0) }
    }
}

@Suite struct FrameAllowanceTests {
    private let start = NIODeadline.now()

    @Test func itFillsWithTimeUpToItsSize() {
        var allowance = FrameAllowance(unitsMax: 1_000, unitsPerSecond: 100, now: start)
        check(allowance.spend(1_000))
        check(!allowance.spend(1))
        check(!allowance.replenish(at: start + .milliseconds(9), answers: 0))
        check(allowance.replenish(at: start + .milliseconds(1_009), answers: 0))
        #expect(allowance.unitsLeft == 99)
        check(allowance.replenish(at: start + .hours(1_000_000), answers: 0))
        #expect(allowance.unitsLeft == 1_000)
    }

    @Test func itFillsWithAnswers() {
        var allowance = FrameAllowance(unitsMax: 10_000, unitsPerSecond: 0, now: start)
        check(!allowance.spend(13_000))
        // Each answer pays for two WINDOW_UPDATE and a PING, once.
        check(allowance.replenish(at: start, answers: 1))
        #expect(allowance.unitsLeft == 0)
        check(!allowance.spend(1))
        check(!allowance.replenish(at: start, answers: 1))
    }
}
