import Logging
import TestSupport
import Testing

@testable import AuditCommand

struct SafeLogHandlerTests {
    @Test func whatAClientChoseBeginsNoLine() {
        let log = KeptLog()
        var logger = Logger(label: "test") { _ in SafeLogHandler(log.handler) }
        logger[metadataKey: "held"] = "a\nb"
        logger.notice(
            "said\r\nno",
            metadata: [
                "array": ["x\u{1b}[2J", ["y": "\u{202e}"]], "id": "acme\ninfo: all is well",
                "value": .stringConvertible(TwoLines()),
            ])
        let text = log.entries.map { entry in
            entry.message + entry.metadata.map { " \($0.key)=\($0.value)" }.joined()
        }.joined()
        #expect(!text.unicodeScalars.contains(where: SafeText.isUnsafe))
        for shown in [#"said\r\nno"#, #"held=a\nb"#, #"id=acme\ninfo: all is well"#, #"1\n2"#] {
            #expect(text.contains(shown), "\(text)")
        }
    }

    private struct TwoLines: CustomStringConvertible, Sendable {
        var description: String { "1\n2" }
    }

    @Test func itsLevelIsThatOfTheHandlerWithin() {
        var handler = SafeLogHandler(KeptLog().handler)
        handler.logLevel = .error
        #expect(handler.logLevel == .error)
    }
}
