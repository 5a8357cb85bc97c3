import ArgumentParser
import AuditClient
import AuditModel
import Codec
import Glibc

struct RecordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Record one event from flags, or many from standard input.",
        discussion: """
            Standard input holds one JSON object a line, in the form that --output json prints. \
            An event without an id is given one, so that it is stored once however often it has \
            to be sent. Each stored event is printed with its sequence and id.

            Examples:

              auditrpc record --organization acme --event-type UPDATE --target-type SERVICE \\
                --target web --actor ada --change "replicas 2 -> 3" --snapshot '{"replicas":3}'
              auditrpc record --organization acme < events.ndjson
              my-service | auditrpc record --output json
            """)

    @OptionGroup(title: "Event") var event: EventOptions

    @Flag(name: .shortAndLong, help: "Print nothing for events that were stored.")
    var quiet = false

    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    func validate() throws {
        guard event.describesEvent || !Terminal.isTerminal(STDIN_FILENO) else {
            throw ValidationError(
                "describe an event with --event-type, --target-type, --target and --actor, "
                    + "or give events on standard input")
        }
    }

    func run() async throws {
        let settings = try connection.resolved(environment: Environment.variables)
        let surface = output.surface(environment: Environment.variables)
        if event.describesEvent {
            let event = try event.event(now: Environment.now)
            let results = try await settings.withClient {
                try await $0.record([event], organizationID: settings.organizationID)
            }
            try StandardStream.output.write(text(results, surface))
        } else {
            try await settings.withClient {
                try await record(
                    .standardInput, client: $0, organizationID: settings.organizationID,
                    surface: surface, receipts: Receipts())
            }
        }
    }

    /// Sends all of `input`, also when nobody reads the receipts: what ends the command is what
    /// became of the events.
    ///
    /// - Parameter say: takes a line for the person who records.
    func record(
        _ input: ByteSource, client: AuditLogClient, organizationID: String, surface: Surface,
        receipts: Receipts, say: @Sendable (String) -> Void = note
    ) async throws {
        let complaints = Complaints()
        let isQuiet = quiet
        let printer = RecordResults(surface: surface)
        if !isQuiet { try receipts.print(printer.header) }
        let uploader = Uploader(client: client, organizationID: organizationID) { batch, results in
            complaints.add(refusalsOf: batch, results)
            if !isQuiet {
                try receipts.print(printer.text(results.filter { $0.error == nil }))
            }
        }
        // Whatever ends it, what was stored until then is told.
        defer {
            complaints.finish()
            say(uploader.tally.text(noun: " events"))
        }
        try await upload(input, through: uploader, complaints)
        if !complaints.isEmpty { throw ExitCode(CommandStatus.refused.rawValue) }
    }

    private func upload(
        _ input: ByteSource, through uploader: Uploader, _ complaints: Complaints
    ) async throws {
        var reader = EventReader()
        while let chunk = try await input.next() {
            for batch in reader.read(chunk, complaints) { try await uploader.send(batch) }
        }
        if let batch = reader.finish(complaints) { try await uploader.send(batch) }
        try await uploader.finish()
    }

    private func text(_ results: [RecordResult], _ surface: Surface) -> String {
        let printer = RecordResults(surface: surface)
        return quiet ? "" : printer.header + printer.text(results)
    }
}

/// Chunks of newline-delimited JSON as batches of events. What a chunk completes is not held back
/// for more to come.
struct EventReader {
    private var splitter = LineSplitter()

    mutating func read(_ chunk: [UInt8], _ complaints: Complaints) -> [UploadBatch] {
        batches(of: splitter.append(chunk), complaints)
    }

    /// The last line, when nothing ends it.
    mutating func finish(_ complaints: Complaints) -> UploadBatch? {
        splitter.finish().flatMap { batches(of: [$0], complaints).first }
    }

    private func batches(
        of lines: [LineSplitter.Line], _ complaints: Complaints
    ) -> [UploadBatch] {
        var batches: [UploadBatch] = []
        var batch = UploadBatch()
        for line in lines {
            do throws(CommandError) {
                guard let event = try EventLine.event(line) else {
                    continue
                }
                batch.append(event, origin: "line \(line.number)", bytes: line.bytes.count)
            } catch {
                complaints.add(error.message)
                continue
            }
            if batch.isFull {
                batches.append(batch)
                batch = UploadBatch()
            }
        }
        return batch.events.isEmpty ? batches : batches + [batch]
    }
}

/// What `record` prints for each stored event.
struct RecordResults: Sendable {
    var surface: Surface

    var header: String {
        surface.format == .csv
            ? surface.csv.record(["sequence", "id", "recorded_at", "duplicate"]) : ""
    }

    func text(_ results: [RecordResult]) -> String {
        results.map(line).joined()
    }

    private func line(_ result: RecordResult) -> String {
        switch surface.format {
        case .json: JSONLine.text(result.json())
        case .csv:
            surface.csv.record([
                result.sequence.description, result.id, result.recordedAt?.rfc3339 ?? "",
                String(result.duplicate),
            ])
        case .table:
            "\(result.sequence)  \(result.id)\(result.duplicate ? "  already stored" : "")\n"
        }
    }
}
