import ArgumentParser
import AuditClient
import AuditModel
import Codec

struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print one event in full, and what it changed.",
        discussion: """
            The difference is to the snapshot of the previous event of the same target.

            Examples:

              auditrpc show 42
              auditrpc show 0190d2b4-7c3a-7000-8000-000000000001 --output json
            """)

    @Argument(help: ArgumentHelp("Its id, or its sequence.", valueName: "id-or-sequence"))
    var event: String

    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    func run() async throws {
        let key = try Self.key(event)
        let settings = try connection.resolved(environment: Environment.variables)
        let request = GetEventRequest(organizationID: settings.organizationID, key: key)
        let response = try await settings.withClient { try await $0.getEvent(request) }
        let surface = output.surface(environment: Environment.variables)
        switch surface.format {
        case .table:
            try StandardStream.output.write(
                EventDetails(response, style: surface.style).text)
        case .json:
            try StandardStream.output.write(JSONLine.text(response.json()))
        case .csv:
            try StandardStream.output.write(
                EventCSV.header + EventCSV.record(response.event, surface.csv))
        }
    }

    static func key(_ text: String) throws(CommandError) -> GetEventRequest.Key {
        if let sequence = UInt64(text), sequence > 0 {
            return .sequence(AuditModel.Sequence(sequence))
        }
        if let id = EventID(text) { return .id(id) }
        throw CommandError(
            .usage, "'\(SafeText.line(text))' is neither an event's id (a UUID) nor a sequence")
    }
}
