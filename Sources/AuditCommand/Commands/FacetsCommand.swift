import ArgumentParser
import AuditClient
import AuditModel
import Codec

struct FacetsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "facets",
        abstract: "Count the values of one field among the events that match.",
        discussion: """
            Examples:

              auditrpc facets event-type
              auditrpc facets actor-id --since 1d --outcome DENIED
            """)

    @Argument(
        help: ArgumentHelp(
            """
            event-type, target-type, target-id, scope, actor-id, actor-type, source or outcome.
            """, valueName: "field"))
    var field: FacetArgument

    @Option(help: ArgumentHelp("How many values at most, 1,000 or fewer.", valueName: "count"))
    var limit: Int32 = 100

    @OptionGroup(title: "Filter") var filter: FilterOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit must be 1 or more") }
    }

    func run() async throws {
        let settings = try connection.resolved(environment: Environment.variables)
        let request = ListFacetsRequest(
            organizationID: settings.organizationID, field: field.value,
            filter: try filter.filter(now: Environment.now), limit: limit)
        let response = try await settings.withClient { try await $0.listFacets(request) }
        let surface = output.surface(environment: Environment.variables)
        try StandardStream.output.write(FacetTable.text(response, surface: surface))
        try PartialCount.tell(
            complete: response.complete, from: response.scannedThrough, response.unreadable, surface
        )
    }
}

/// A facet field as it is typed: `event-type`, or `EVENT_TYPE`.
struct FacetArgument: ExpressibleByArgument, Hashable {
    var value: FacetField

    init?(argument: String) {
        let name = argument.split(separator: "-").joined(separator: "_")
        guard let value = FacetField(name: name), value != .unspecified else { return nil }
        self.value = value
    }

    static var allValueStrings: [String] {
        FacetField.allCases.filter { $0 != .unspecified }.map {
            $0.name.lowercased().split(separator: "_").joined(separator: "-")
        }
    }
}

/// Values and counts, the most frequent first.
enum FacetTable {
    static func text(_ response: ListFacetsResponse, surface: Surface) -> String {
        switch surface.format {
        case .json: return response.facets.map { JSONLine.text($0.json()) }.joined()
        case .csv:
            return surface.csv.record(["value", "count", "name", "type"])
                + response.facets.map {
                    surface.csv.record([$0.value, String($0.count), $0.name, $0.type])
                }.joined()
        case .table: return table(response, surface: surface)
        }
    }

    private static func table(_ response: ListFacetsResponse, surface: Surface) -> String {
        let hasTypes = response.facets.contains { !$0.type.isEmpty }
        let hasNames = response.facets.contains { !$0.name.isEmpty && $0.name != $0.value }
        func row(_ count: String, _ type: String, _ value: String, _ name: String) -> [Table.Cell] {
            [Table.Cell(count)] + (hasTypes ? [Table.Cell(type)] : []) + [Table.Cell(value, .bold)]
                + (hasNames ? [Table.Cell(name)] : [])
        }
        var columns = [Table.Column("Count", min: 8, usual: 8)]
        if hasTypes { columns.append(Table.Column("Type", min: 8, usual: 12)) }
        columns.append(Table.Column("Value", min: 16, usual: 24))
        if hasNames { columns.append(Table.Column("Name", min: 8, usual: 16)) }
        var rows = response.facets.map { row(String($0.count), $0.type, $0.value, $0.name) }
        if response.otherCount > 0 {
            rows.append(row(String(response.otherCount), "", "(other values)", ""))
        }
        rows.append(row(String(response.totalCount), "", "(events that match)", ""))
        let table = Table(
            columns: columns, fitting: rows, terminalColumns: surface.terminalColumns,
            style: surface.style)
        return ([table.header] + rows.map(table.render)).joined(separator: "\n") + "\n"
    }
}
