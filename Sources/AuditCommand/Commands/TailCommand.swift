import ArgumentParser
import AuditModel
import Codec
import Logging
import ServiceLifecycle
import UnixSignals

struct TailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Follow the events that match, as they are recorded.",
        discussion: """
            It goes on until it is interrupted, and comes back by itself when the server does. \
            With --since it begins with what happened since then, with --resume-file behind what \
            the last run printed, otherwise with what is recorded from now on.

            Examples:

              auditrpc tail
              auditrpc tail --since 2h --outcome DENIED
              auditrpc tail --from-start --output json | jq .change
              auditrpc tail --resume-file ./audit.position --output json >> audit.ndjson
            """)

    @Flag(help: "Begin with the oldest event kept.")
    var fromStart = false

    @Option(help: ArgumentHelp("Begin behind this sequence.", valueName: "sequence"))
    var after: UInt64?

    @Option(
        help: ArgumentHelp(
            """
            Keep the position there, and begin behind the one that it holds. One tail at a time \
            has it, by a lock on the file beside it that ends in .lock.
            """, valueName: "file"))
    var resumeFile: String?

    @Flag(help: "End with an error where retention took events before they were printed.")
    var failOnGap = false

    @OptionGroup(title: "Filter") var filter: FilterOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    func validate() throws {
        guard !fromStart || after == nil else {
            throw ValidationError("choose one of --from-start and --after")
        }
    }

    func run() async throws {
        let settings = try connection.resolved(environment: Environment.variables)
        let file = try resumeFile.map {
            try ResumeFile(path: $0, organizationID: settings.organizationID)
        }
        let filter = try filter.filter(now: Environment.now)
        let request = SubscribeRequest(
            organizationID: settings.organizationID, filter: filter,
            start: start(resumingFrom: try file?.load(), since: filter.since),
            onGap: failOnGap ? .fail : .continue)
        let surface = output.surface(environment: Environment.variables)
        // The feed itself tells of losses.
        let client = settings.client(logger: .silent)
        // Whoever keeps a position has followed before: the address is right.
        let waitsForServer = file != nil || settings.waitsForServer
        try await Interruptible.run {
            try await StandardStream.output.whileRead {
                var follower = Follower(
                    client: client, request: request,
                    keeper: file.map {
                        PositionKeeper(file: $0, syncOutput: StandardStream.output.sync)
                    },
                    printer: EventPrinter(
                        surface: surface, showsOrganization: settings.organizationID.isEmpty,
                        isFeed: true, write: StandardStream.output.write))
                try await follower.run(waitsForServer: waitsForServer)
            }
        }
    }

    /// A position that was kept goes before what the options say: they are for the first run.
    ///
    /// - Parameter since: the filter's; its events were recorded no earlier than a caller's clock
    ///   may run ahead.
    func start(
        resumingFrom position: AuditModel.Sequence?, since: Timestamp?
    ) -> SubscribeRequest.Start {
        if let position { return .after(position) }
        if fromStart { return .oldest }
        if let after { return .after(AuditModel.Sequence(after)) }
        if let since { return .since(since.advanced(by: .zero - Codec.Limits.occurredAheadMax)) }
        return .now
    }
}
