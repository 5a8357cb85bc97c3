import AuditModel
import Codec
import Testing

@testable import AuditCommand

struct CSVOutputTests {
    @Test func aTerminalIsGivenNothingToActUpon() throws {
        var text = ""
        var printer = EventPrinter(
            surface: Surface(format: .csv, terminalColumns: 80, style: .plain),
            showsOrganization: true, write: { text += $0 })
        try printer.print([Event(id: "i", change: "\u{1B}]0;mine\u{7}\nx")])
        #expect(text.contains(#"\u001b]0;mine\u0007\nx"#))
        #expect(!text.dropLast().unicodeScalars.contains(where: SafeText.isUnsafe))
    }
}
