import AuditModel
import TestSupport
import Testing

@Suite("Event ids")
struct EventIDTests {
    @Test("are the text that they were read from")
    func text() throws {
        let id = try #require(EventID("01234567-89ab-cdef-fedc-ba9876543210"))
        #expect(id == EventID(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98_7654_3210))
        #expect(id.description == "01234567-89ab-cdef-fedc-ba9876543210")
        #expect(EventID("01234567-89AB-CDEF-FEDC-BA9876543210") == id)
        #expect(
            EventID(high: 1, low: 0x2000).description == "00000000-0000-0001-0000-000000002000")
    }

    @Test("are read back, whatever their bits")
    func roundTrip() {
        let seed: UInt64 = 0x5EED_0009
        var random = SeededGenerator(seed: seed)
        for _ in 0..<10_000 {
            let id = EventID(high: random.next(), low: random.next())
            // Digit by digit, as anyone would write it.
            let digits = [id.high, id.low].map { half in
                let text = String(half, radix: 16)
                return String(repeating: "0", count: 16 - text.count) + text
            }.joined()
            #expect(id.description.filter { $0 != "-" } == digits, "seed \(seed)")
            #expect(EventID(id.description) == id, "seed \(seed)")
            #expect(EventID(id.description.uppercased()) == id, "seed \(seed)")
        }
    }

    @Test("have hyphens and hexadecimal digits in their places, nothing else")
    func everyByteEverywhere() {
        let good = Array("01234567-89ab-cdef-fedc-ba9876543210".utf8)
        let hyphens = [8, 13, 18, 23]
        let digits = Set("0123456789abcdefABCDEF".utf8)
        for place in good.indices {
            for byte in UInt8.min...UInt8.max {
                var text = good
                text[place] = byte
                let isGood = hyphens.contains(place) ? byte == 0x2D : digits.contains(byte)
                #expect(
                    text.withUnsafeBytes { EventID(text: $0) != nil } == isGood,
                    "byte \(byte) at \(place)")
            }
        }
        for count in [0, 35, 37] {
            #expect(EventID(String(repeating: "0", count: count)) == nil)
        }
    }
}
