import Logging
import Synchronization
import Testing

@testable import AuditCommand

struct SafeLogHandlerTests {
    /// Keeps what it is given.
    private final class Lines: Sendable {
        let events = Mutex<[String]>([])
    }

    private struct KeepingHandler: LogHandler {
        let lines: Lines
        var logLevel = Logger.Level.info
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
            // Not its debug description, which escapes by itself.
            let text = all.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
            lines.events.withLock { $0.append("\(event.message) \(text)") }
        }
    }

    @Test func whatAClientChoseBeginsNoLine() {
        let lines = Lines()
        var logger = Logger(label: "test") { _ in SafeLogHandler(KeepingHandler(lines: lines)) }
        logger[metadataKey: "held"] = "a\nb"
        logger.notice(
            "said\r\nno",
            metadata: [
                "array": ["x\u{1b}[2J", ["y": "\u{202e}"]], "id": "acme\ninfo: all is well",
                "value": .stringConvertible(TwoLines()),
            ])
        let text = lines.events.withLock { $0.joined() }
        #expect(!text.unicodeScalars.contains(where: SafeText.isUnsafe))
        for shown in [#"said\r\nno"#, #"held=a\nb"#, #"id=acme\ninfo: all is well"#, #"1\n2"#] {
            #expect(text.contains(shown), "\(text)")
        }
    }

    private struct TwoLines: CustomStringConvertible, Sendable {
        var description: String { "1\n2" }
    }

    @Test func itsLevelIsThatOfTheHandlerWithin() {
        var handler = SafeLogHandler(KeepingHandler(lines: Lines()))
        handler.logLevel = .error
        #expect(handler.logLevel == .error)
    }
}
