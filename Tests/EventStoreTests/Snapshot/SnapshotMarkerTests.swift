import AuditModel
import TestSupport
import Testing

@testable import EventStore

@Suite("The marker of a snapshot")
struct SnapshotMarkerTests {
    private let finished = SnapshotMarker(
        createdAt: second(7),
        content: SnapshotMarker.Content(
            first: Sequence(1), head: Sequence(2093), events: 2090, files: 3, bytes: 123_456))

    @Test("is text that people may read, and reads as it was written")
    func roundTrip() throws {
        let text = String(decoding: finished.text, as: UTF8.self)
        #expect(text.hasPrefix("AuditRPC snapshot 1\n"))
        #expect(text.contains("\nhead_sequence 2093\n"))
        #expect(try SnapshotMarker(finished.text) == finished)
        let unfinished = SnapshotMarker(createdAt: second(7))
        #expect(try SnapshotMarker(unfinished.text) == unfinished)
        let empty = SnapshotMarker(
            createdAt: .epoch,
            content: SnapshotMarker.Content(
                first: Sequence(1), head: .zero, events: 0, files: 1, bytes: 64))
        #expect(try SnapshotMarker(empty.text) == empty)
    }

    @Test("that was changed or cut anywhere is refused")
    func damage() {
        for marker in [finished, SnapshotMarker(createdAt: second(7))] {
            let text = marker.text
            for index in text.indices {
                for bit in 0..<8 {
                    var changed = text
                    changed[index] ^= 1 << UInt8(bit)
                    #expect(throws: SnapshotMarker.Problem.self, "bit \(bit) of \(index)") {
                        try SnapshotMarker(changed)
                    }
                }
                #expect(throws: SnapshotMarker.Problem.notWhole) {
                    try SnapshotMarker(Array(text[..<index]))
                }
            }
            #expect(throws: SnapshotMarker.Problem.notWhole) { try SnapshotMarker(text + [10]) }
        }
    }

    @Test("of a later version is told apart from damage")
    func version() {
        var later = String(decoding: finished.text, as: UTF8.self).split(separator: "\n")
            .dropLast().map(String.init)
        later[0] = "AuditRPC snapshot 2"
        let body = Array((later.joined(separator: "\n") + "\n").utf8)
        let digits = String(body.withUnsafeBytes { Checksum.of($0, salt: 0) }, radix: 16)
        let padded = String(repeating: "0", count: 16 - digits.count) + digits
        #expect(throws: SnapshotMarker.Problem.version("2")) {
            try SnapshotMarker(body + Array("checksum \(padded)\n".utf8))
        }
    }
}
