import AuditModel
import AuditRPC
import Codec
import NIOCore
import Testing

@testable import AuditGateway

struct ServerSentEventsTests {
    private func text(_ response: SubscribeResponse) -> String {
        String(decoding: ServerSentEvents.encode(response), as: UTF8.self)
    }

    @Test func eventsHaveTheirSequenceAsID() {
        let events = [
            Event(id: "a", change: "one\ntwo\r\n", sequence: Sequence(7)),
            Event(id: "b", sequence: Sequence(9)),
        ]
        #expect(
            text(.events(events)) == """
                id: 7
                data: {"id":"a","change":"one\\ntwo\\r\\n","sequence":7}

                id: 9
                data: {"id":"b","sequence":9}


                """)
    }

    @Test func progressMovesTheIDAndDispatchesNothing() {
        #expect(text(.progress(Sequence(20))) == ": progress 20\nid: 20\n\n")
    }

    @Test func whereItStandsIsSaid() {
        #expect(
            text(.started(head: Sequence(0), oldest: Sequence(1)))
                == "event: started\ndata: {\"head_sequence\":0,\"oldest_sequence\":1}\n\n")
        #expect(
            text(.caughtUp(Sequence(0)))
                == "event: caught_up\nid: 0\ndata: {\"sequence\":0}\n\n")
        #expect(
            text(.fellBehind(Sequence(5)))
                == "event: fell_behind\nid: 5\ndata: {\"sequence\":5}\n\n")
        #expect(
            text(
                .gap(
                    SequenceRange(first: Sequence(3), last: Sequence(4)),
                    reason: "removed by retention"))
                    == """
                    event: gap
                    id: 4
                    data: {"first_sequence":3,"last_sequence":4,"reason":"removed by retention"}


                    """)
        #expect(text(.unknown).isEmpty)
    }

    @Test func anEndSaysWhy() {
        let end = ServerSentEvents.end(GatewayError(.unavailable, "the server is shutting down"))
        #expect(
            String(decoding: end, as: UTF8.self) == """
                event: end
                data: {"code":"UNAVAILABLE","status":503,"message":"the server is shutting down","retry_after":"1s"}


                """)
    }

    /// A snapshot on several lines is still one line of data.
    @Test func noEventBreaksItsLine() {
        var event = Event(id: "a", change: "\u{0}\u{2028}\u{85}", sequence: Sequence(1))
        event.snapshot = Array("{\n\"a\":\r\n1\r}".utf8)
        let lines = text(.events([event])).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 4)
        #expect(!text(.events([event])).contains("\r"))
    }
}

struct SharedEncodingsTests {
    @Test func whatWasEncodedIsNotEncodedAgain() {
        let encodings = SharedEncodings()
        var count = 0
        func encode(_ message: [UInt8]) -> [UInt8] {
            encodings.encoded(message) {
                count += 1
                return $0.reversed()
            }.readableBytesView.map(\.self)
        }
        #expect(encode([1, 2]) == [2, 1])
        #expect(encode([1, 2]) == [2, 1])
        #expect(encode([1, 3]) == [3, 1])
        #expect(count == 2)
    }

    @Test func theOldestGiveWay() {
        let encodings = SharedEncodings()
        var count = 0
        func encode(_ number: Int) {
            let message = withUnsafeBytes(of: number) { Array($0) }
            _ = encodings.encoded(message) {
                count += 1
                return $0
            }
        }
        for number in 0...GatewayLimits.sharedCountMax { encode(number) }
        #expect(count == GatewayLimits.sharedCountMax + 1)
        encode(1)
        #expect(count == GatewayLimits.sharedCountMax + 1)
        encode(0)
        #expect(count == GatewayLimits.sharedCountMax + 2)
    }

    @Test func bytesAreBounded() {
        let encodings = SharedEncodings()
        var count = 0
        let large = GatewayLimits.sharedBytesMax / 10
        for number in 0..<20 {
            let message = [UInt8](repeating: UInt8(number), count: large)
            for _ in 0..<2 {
                _ = encodings.encoded(message) {
                    count += 1
                    return $0
                }
            }
        }
        #expect(count == 20)
        // The first have gone; one that is too large is not kept at all.
        _ = encodings.encoded([UInt8](repeating: 0, count: large)) {
            count += 1
            return $0
        }
        #expect(count == 21)
        let huge = [UInt8](repeating: 1, count: GatewayLimits.sharedBytesMax)
        for _ in 0..<2 {
            _ = encodings.encoded(huge) {
                count += 1
                return $0
            }
        }
        #expect(count == 23)
    }
}
