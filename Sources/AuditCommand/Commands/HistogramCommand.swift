import ArgumentParser
import AuditClient
import AuditModel
import Codec

struct HistogramCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "histogram",
        abstract: "Count the events that match over time.",
        discussion: """
            Without --since it begins with the oldest event that matches, without --until it ends now. \
            Buckets begin at multiples of their width, in UTC.

            Examples:

              auditrpc histogram --since 7d
              auditrpc histogram --since 24h --bucket 1h --split-by outcome
              auditrpc histogram --target s-1 --split-by actor-id --limit 3 --output csv
            """)

    @Option(
        help: ArgumentHelp(
            """
            Also count the most frequent values of a field: event-type, target-type, target-id, \
            actor-id, actor-type, source or outcome.
            """, valueName: "field"))
    var splitBy: FacetArgument?

    @Option(
        help: ArgumentHelp(
            """
            The width of a bucket: \(DurationExpression.help). A round one without it.
            """, valueName: "width"))
    var bucket: BucketArgument?

    @Option(
        help: ArgumentHelp(
            "About how many buckets the round width should make, 500 or fewer.", valueName: "count")
    )
    var buckets: Int32 = 60

    @Option(
        help: ArgumentHelp(
            "How many values of the split at most, 20 or fewer.", valueName: "count"))
    var limit: Int32 = 8

    @OptionGroup(title: "Filter") var filter: FilterOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    func validate() throws {
        guard splitBy?.value != .scope else {
            throw ValidationError("--split-by scope cannot be: an event may have several scopes")
        }
        guard (1...500).contains(buckets) else {
            throw ValidationError("--buckets must be 1 to 500")
        }
        guard limit > 0 else { throw ValidationError("--limit must be 1 or more") }
    }

    func run() async throws {
        let settings = try connection.resolved(environment: Environment.variables)
        let request = HistogramRequest(
            organizationID: settings.organizationID,
            filter: try filter.filter(now: Environment.now), bucket: bucket?.width,
            buckets: buckets, splitBy: splitBy?.value ?? .unspecified, limit: limit)
        let response = try await settings.withClient { try await $0.histogram(request) }
        let surface = output.surface(environment: Environment.variables)
        try StandardStream.output.write(HistogramTable.text(response, surface: surface))
        try PartialCount.tell(
            complete: response.complete, from: response.scannedThrough, response.unreadable, surface
        )
    }
}

/// The width of a bucket as it is typed: `15m`. The server says which it takes.
struct BucketArgument: ExpressibleByArgument, Hashable {
    var width: Duration

    init?(argument: String) {
        guard let width = DurationExpression.duration(argument) else { return nil }
        self.width = width
    }
}
