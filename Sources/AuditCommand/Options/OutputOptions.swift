import ArgumentParser
import Codec
import Glibc

enum OutputFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
    case table
    case json
    case csv
}

struct OutputOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            """
            table (a narrow terminal leaves columns out), json (one object a line; exact) or csv \
            (RFC 4180; cells that look like formulas get an apostrophe).
            """, valueName: "format"))
    var output: OutputFormat = .table

    /// How standard output is written to.
    func surface(environment: [String: String]) -> Surface {
        Surface(
            format: output, terminalColumns: Terminal.columns(STDOUT_FILENO),
            style: Style.of(
                isTerminal: Terminal.isTerminal(STDOUT_FILENO), environment: environment))
    }
}

/// What output is made for.
struct Surface: Hashable, Sendable {
    var format: OutputFormat
    /// Nil when nothing needs to fit: cells are printed whole.
    var terminalColumns: Int?
    var style: Style

    /// For a terminal, of which alone the width is known, without what it would act upon.
    var csv: CSV { terminalColumns == nil ? CSV() : CSV { SafeText.line($0) } }
}
