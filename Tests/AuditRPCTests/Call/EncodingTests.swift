import NIOCore
import Testing

@testable import AuditRPC

@Suite struct EncodingTests {
    @Test(arguments: [
        ("plain text", "plain text"), ("100%", "100%25"), ("Zürich\n", "Z%C3%BCrich%0A"),
        ("~ \u{7F}", "~ %7F"), ("😀", "%F0%9F%98%80"), ("", ""), (" a b ", "%20a b%20"),
        (" ", "%20"), ("\t\ntest with whitespace\r\n", "%09%0Atest with whitespace%0D%0A"),
    ])
    func percentEncoding(text: String, encoded: String) {
        let bytes = PercentEncoding.encode(text, bytesMax: 1_000)
        #expect(String(decoding: bytes, as: UTF8.self) == encoded)
        #expect(PercentEncoding.decode(bytes) == text)
    }

    @Test(arguments: [
        ("%", "%"), ("%4", "%4"), ("%zz%41", "%zzA"), ("%c3%bc", "ü"), ("a%", "a%"),
        ("%%41", "%A"), ("%C3", "\u{FFFD}"), ("%C3%28", "\u{FFFD}("),
    ])
    func brokenEscapesStay(encoded: String, text: String) {
        #expect(PercentEncoding.decode(Array(encoded.utf8)) == text)
    }

    @Test func longMessagesAreCutBetweenCharacters() {
        let bytes = PercentEncoding.encode("aüü", bytesMax: 8)
        #expect(String(decoding: bytes, as: UTF8.self) == "a%C3%BC")
        // The space of the end takes three bytes, or goes.
        #expect(PercentEncoding.encode("ab ü", bytesMax: 5) == Array("ab%20".utf8))
        #expect(PercentEncoding.encode("ab ü", bytesMax: 4) == Array("ab".utf8))
    }

    private func parse(_ text: String) -> TimeAmount? {
        Array(text.utf8).withUnsafeBytes { GRPCTimeout.parse($0) }
    }

    @Test func timeouts() {
        #expect(parse("1H") == .hours(1))
        #expect(parse("2M") == .minutes(2))
        #expect(parse("3S") == .seconds(3))
        #expect(parse("250m") == .milliseconds(250))
        #expect(parse("99999999u") == .microseconds(99_999_999))
        #expect(parse("0n") == .nanoseconds(0))
        #expect(parse("99999999H") == .nanoseconds(.max))
        for text in ["", "S", "1", "1s", "-1S", "1.5S", "123456789S", " 1S", "１S"] {
            #expect(parse(text) == nil, "\(text)")
        }
    }

    @Test(arguments: [
        (TimeAmount.nanoseconds(1), "1n"), (.zero, "0n"), (.nanoseconds(-5), "0n"),
        (.milliseconds(100), "100000u"), (.seconds(30), "30000000u"), (.seconds(100), "100000m"),
        (.nanoseconds(100_000_001), "100001u"), (.hours(24 * 365), "31536000S"),
    ])
    func timeoutsAreWrittenInTheFinestUnitThatFits(time: TimeAmount, text: String) {
        #expect(GRPCTimeout.format(time) == text)
        #expect(parse(text)! >= time)
    }

    @Test func base64() {
        for count in 0..<20 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 97 &+ 13) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
        #expect(Base64.encode(Array("foob".utf8)) == Array("Zm9vYg".utf8))
        #expect(Base64.decode("Zm9vYg==".utf8) == Array("foob".utf8))
        for text in ["Z", "Zm9vYg=", "Zm=9", "Z-9v", "===="] {
            #expect(Base64.decode(text.utf8) == nil, "\(text)")
        }
    }
}
