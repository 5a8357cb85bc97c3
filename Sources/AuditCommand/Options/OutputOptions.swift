import ArgumentParser

enum OutputFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
    case table
    case json
    case csv
}

struct OutputOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "table, json (one object a line) or csv (RFC 4180, for spreadsheets).",
            valueName: "format"))
    var output: OutputFormat = .table
}
