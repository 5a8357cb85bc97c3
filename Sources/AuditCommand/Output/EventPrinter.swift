import Codec

/// Prints events in the chosen format, as they come.
struct EventPrinter {
    private let surface: Surface
    private let showsOrganization: Bool
    /// A feed does not wait for its first event to choose its columns.
    private let isFeed: Bool
    private let write: (String) throws -> Void
    private var table: Table?
    private(set) var count = 0

    init(
        surface: Surface, showsOrganization: Bool, isFeed: Bool = false,
        write: @escaping (String) throws -> Void
    ) {
        self.surface = surface
        self.showsOrganization = showsOrganization
        self.isFeed = isFeed
        self.write = write
    }

    /// The line above the first event, for formats that have one; printed once, also when no
    /// event follows.
    mutating func printHeader() throws {
        switch surface.format {
        case .table where isFeed && table == nil: try begin(fitting: [])
        case .csv where count == 0: try write(EventCSV.header)
        default: break
        }
    }

    /// All of `events` in one write, so that what was printed and what was not is known to the
    /// caller.
    mutating func print(_ events: [Event]) throws {
        guard !events.isEmpty else { return }
        switch surface.format {
        case .json:
            var text = ""
            for event in events { text += JSONLine.text(event.json()) }
            try write(text)
        case .csv:
            let csv = surface.csv
            try write(events.map { EventCSV.record($0, csv) }.joined())
        case .table:
            let rows = events.map { EventTable.row($0, showsOrganization: showsOrganization) }
            if table == nil { try begin(fitting: rows) }
            guard let table else { return }
            try write(rows.map { table.render($0) + "\n" }.joined())
        }
        count += events.count
    }

    private mutating func begin(fitting rows: [[Table.Cell]]) throws {
        let table = Table(
            columns: EventTable.columns(showsOrganization: showsOrganization), fitting: rows,
            terminalColumns: surface.terminalColumns, style: surface.style)
        self.table = table
        try write(table.header + "\n")
    }
}

/// One JSON value on one line, safe for a terminal.
enum JSONLine {
    static func text(_ json: [UInt8]) -> String {
        SafeText.json(String(decoding: json, as: UTF8.self)) + "\n"
    }
}
