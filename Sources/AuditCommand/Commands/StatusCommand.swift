import ArgumentParser
import AuditClient
import AuditModel
import Codec

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Print what the server holds.",
        discussion: """
            Examples:

              auditrpc status
              auditrpc status --server audit.internal:50051 --output json
            """)

    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    func run() async throws {
        let settings = try connection.resolved(environment: Environment.variables)
        let (status, server) = try await settings.withClient { client in
            let status = try await client.getStatus()
            return (status, client.connectedServer ?? client.servers[0])
        }
        let surface = output.surface(environment: Environment.variables)
        try StandardStream.output.write(
            StatusTable.text(status, server: server.description, surface: surface))
    }
}

enum StatusTable {
    static func text(_ status: GetStatusResponse, server: String, surface: Surface) -> String {
        switch surface.format {
        case .json: return JSONLine.text(status.json())
        case .csv:
            let fields = fields(status, server: server)
            return surface.csv.record(fields.map(\.name))
                + surface.csv.record(fields.map(\.value))
        case .table:
            return fields(status, server: server).map {
                surface.style.paint(DisplayWidth.pad($0.name, to: 16), .dim)
                    + SafeText.line($0.value) + "\n"
            }.joined()
        }
    }

    private static func fields(
        _ status: GetStatusResponse, server: String
    ) -> [(name: String, value: String)] {
        let holdsNothing = status.oldestSequence > status.headSequence
        return [
            ("Server", "\(server) (version \(status.version))"),
            ("Started at", status.startedAt?.rfc3339 ?? ""),
            ("Events", String(status.eventCount)),
            (
                "Sequences",
                holdsNothing
                    ? "none kept; the head is \(status.headSequence)"
                    : "\(status.oldestSequence) to \(status.headSequence)"
            ),
            ("On disk", bytes(status.storedBytes)),
            ("Retention", status.retention.map(DurationExpression.text) ?? "for ever"),
            ("Subscribers", String(status.subscriberCount)),
            (
                "Writes",
                status.refusingWrites.isEmpty ? "accepted" : "refused: \(status.refusingWrites)"
            ),
        ] + (status.feed.map(feedFields) ?? [])
    }

    private static func feedFields(_ feed: FeedStatus) -> [(name: String, value: String)] {
        [
            (
                "Feed",
                "\(feed.liveCount) live, \(feed.catchingUpCount) catching up, "
                    + "\(feed.stuckCount) stuck; \(feed.filterCount) filters"
            ),
            (
                "Delivered",
                "\(feed.deliveredEvents) events (\(bytes(feed.deliveredBytes))) in "
                    + "\(feed.deliveredMessages) messages"
            ),
            (
                "Lag",
                "largest \(lag(feed.lagLargest)); p99 \(lag(feed.lagP99)); "
                    + "median \(lag(feed.lagMedian))"
            ),
            (
                "Fell behind",
                "\(feed.fellBehindCount) times; \(feed.gapCount) gaps of "
                    + "\(feed.gapSequences) sequences"
            ),
        ]
    }

    private static func lag(_ lag: FeedLag?) -> String {
        guard let lag, lag.events > 0 else { return "none" }
        guard let time = lag.time else { return "\(lag.events) events" }
        return "\(lag.events) events, \(DurationExpression.text(time))"
    }

    /// In the largest binary unit that leaves a whole number, with one digit behind the point.
    static func bytes(_ count: UInt64) -> String {
        let units = ["KiB", "MiB", "GiB", "TiB", "PiB"]
        guard count >= 1_024 else { return "\(count) bytes" }
        var tenths = count * 10 / 1_024
        var unit = 0
        while tenths >= 10_240, unit < units.count - 1 {
            tenths /= 1_024
            unit += 1
        }
        return "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}
