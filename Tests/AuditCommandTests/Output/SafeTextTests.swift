import Testing

@testable import AuditCommand

struct SafeTextTests {
    @Test(arguments: [
        ("plain", "plain"), ("Zoë 東京 👩‍👧", "Zoë 東京 👩‍👧"),
        ("a\nb\r\tc", #"a\nb\r\tc"#),
        ("\u{1B}[31mred\u{07}", #"\u001b[31mred\u0007"#), ("\u{9B}2J", #"\u009b2J"#),
        ("\u{7F}", #"\u007f"#), ("user\u{202E}gpj.exe", #"user\u202egpj.exe"#),
        ("\u{2028}", #"\u2028"#), ("\u{0}", #"\u0000"#),
    ])
    func showsWhatATerminalWouldActUpon(text: String, expected: String) {
        #expect(SafeText.line(text) == expected)
    }

    @Test func nothingThatATerminalActsUponIsLeft() {
        let everything = String(
            String.UnicodeScalarView((0...0x2100).compactMap(Unicode.Scalar.init)))
        for scalar in SafeText.line(everything).unicodeScalars {
            #expect(!SafeText.isUnsafe(scalar), "U+\(String(scalar.value, radix: 16))")
        }
    }

    @Test func jsonStaysTheSameValue() {
        let json = "{\n  \"a\": \"x\u{9B}y\u{7F}\u{202E}\"\n}"
        #expect(SafeText.json(json) == "{\n  \"a\": \"x\\u009by\\u007f\\u202e\"\n}")
        #expect(SafeText.json("{\"a\":\"é\"}") == "{\"a\":\"é\"}")
    }

    @Test func aNoteIsOneLineWhateverAServerSays() {
        #expect(noteLine("no: \u{1B}[2J\nroot#") == #"auditrpc: no: \u001b[2J\nroot#"#)
    }
}
