import ArgumentParser
import AuditClient
import AuditModel
import Codec

struct QueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query",
        abstract: "Print the events that match, newest first.",
        discussion: """
            Examples:

              auditrpc query --since 2h
              auditrpc query --since 2026-07-01 --until 2026-07-08 --outcome DENIED,FAILURE
              auditrpc query --scope project=42 --event-type DELETE --limit 20
              auditrpc query --all --output csv > events.csv
            """)

    @OptionGroup(title: "Filter") var filter: FilterOptions

    @Option(help: ArgumentHelp("How many events at most.", valueName: "count"))
    var limit: Int = 100

    @Flag(help: "All events that match, however many.")
    var all = false

    @Option(help: ArgumentHelp("newest or oldest first.", valueName: "order"))
    var order: OrderArgument = .newest

    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    enum OrderArgument: String, CaseIterable, ExpressibleByArgument {
        case newest
        case oldest
    }

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit must be 1 or more") }
    }

    func run() async throws {
        let settings = try connection.resolved(environment: Environment.variables)
        let request = QueryRequest(
            organizationID: settings.organizationID,
            filter: try filter.filter(now: Environment.now),
            order: order == .newest ? .newestFirst : .oldestFirst)
        var printer = EventPrinter(
            surface: output.surface(environment: Environment.variables),
            showsOrganization: settings.organizationID.isEmpty,
            write: StandardStream.output.write)
        let outcome = try await settings.withClient { client in
            try printer.printHeader()
            return try await print(request, from: client, to: &printer)
        }
        try finish(outcome, count: printer.count)
    }

    private struct Outcome {
        var hasMore = false
        var unreadable: [SequenceRange] = []
    }

    private func print(
        _ request: QueryRequest, from client: AuditLogClient, to printer: inout EventPrinter
    ) async throws -> Outcome {
        var outcome = Outcome()
        var request = request
        while true {
            let left = all ? Int.max : limit - printer.count
            // The server knows its largest page.
            request.pageSize = Int32(clamping: left)
            let page = try await client.query(request)
            try printer.print(page.events)
            outcome.unreadable += page.unreadable
            request.pageToken = page.nextPageToken
            guard !page.nextPageToken.isEmpty else { return outcome }
            if !all, printer.count >= limit {
                outcome.hasMore = true
                return outcome
            }
        }
    }

    private func finish(_ outcome: Outcome, count: Int) throws {
        if output.output == .table {
            if count == 0 { note("no event matches") }
            if outcome.hasMore {
                note("there may be more than these \(count): --all prints all that match")
            }
        }
        // An answer that could not look everywhere must not pass for a complete one.
        if let unread = Unreadable.text(outcome.unreadable) {
            throw CommandError(.failure, unread)
        }
    }
}

/// Sequences that the server could not read.
enum Unreadable {
    /// Nil when there are none.
    static func text(_ ranges: [SequenceRange]) -> String? {
        guard !ranges.isEmpty else { return nil }
        let shown = ranges.prefix(Limits.complaintsMax).map { "\($0.first) to \($0.last)" }
        let more = ranges.count > shown.count ? " and others" : ""
        return "the server could not read events \(shown.joined(separator: ", "))\(more): "
            + "what is there is missing above"
    }
}
