import AuditModel
import Codec

enum ExportFormat {
    case ndjson
    case csv

    var suffix: String {
        switch self {
        case .ndjson: "ndjson"
        case .csv: "csv"
        }
    }

    var mediaType: String {
        switch self {
        case .ndjson: "application/x-ndjson"
        case .csv: "text/csv; charset=utf-8"
        }
    }
}

/// The text of an export, made page by page. Its last line says that it is whole, and how much it is.
struct Export {
    let format: ExportFormat
    private var count: UInt64 = 0
    private var unreadable: [SequenceRange] = []

    init(format: ExportFormat) { self.format = format }

    /// What stands before the first event.
    func begin() -> [UInt8] {
        switch format {
        case .ndjson: []
        case .csv: Array(EventCSV.header.utf8)
        }
    }

    mutating func add(_ page: QueryResponse) -> [UInt8] {
        count += UInt64(page.events.count)
        unreadable += page.unreadable
        // Where it happens, too: an export that is cut has no last line.
        var bytes = page.unreadable.isEmpty ? [] : unreadableLine(page.unreadable)
        for event in page.events {
            switch format {
            case .ndjson:
                bytes += event.json()
                bytes.append(UInt8(ascii: "\n"))
            case .csv: bytes += EventCSV.record(event).utf8
            }
        }
        return bytes
    }

    private func unreadableLine(_ ranges: [SequenceRange]) -> [UInt8] {
        switch format {
        case .ndjson:
            var writer = JSONWriter()
            writer.object { $0.member("unreadable", ranges) }
            return writer.bytes + [UInt8(ascii: "\n")]
        case .csv: return Array("# could not read \(Self.text(ranges))\r\n".utf8)
        }
    }

    private static func text(_ ranges: [SequenceRange]) -> String {
        ranges.map { "\($0.first) to \($0.last)" }.joined(separator: "; ")
    }

    func end() -> [UInt8] {
        switch format {
        case .ndjson:
            var writer = JSONWriter()
            writer.object { json in
                json.key("export")
                json.object { json in
                    json.key("count")
                    json.number(count)
                    json.key("complete")
                    json.bool(unreadable.isEmpty)
                    json.member("unreadable", unreadable)
                }
            }
            return writer.bytes + [UInt8(ascii: "\n")]
        case .csv:
            let rest =
                unreadable.isEmpty
                ? "complete" : "incomplete: could not read \(Self.text(unreadable))"
            return Array("# \(count) events, \(rest)\r\n".utf8)
        }
    }
}
