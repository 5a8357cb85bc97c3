import AuditModel
import Codec
import Glibc

/// One page that is asked for: the newest events that have all of these. Or, of a kind that begins with
/// `histogram`, how many there are by event type and half a day.
///
/// A line of the file of requests is the class, organization, actor, target, event type, source, and the
/// range of occurred_at in nanoseconds, each behind a tab; what is empty does not narrow.
struct PageRequest {
    /// What the page is by, and whether its value is rare: `actor-rare`.
    var kind: String
    var organization: String
    var actor = ""
    var target = ""
    var eventType = ""
    var source = ""
    var since: Timestamp?
    var until: Timestamp?

    static let pageSize = 100
    static let bucket = Duration.seconds(43_200)

    var isHistogram: Bool { kind.hasPrefix("histogram") }

    var line: String {
        let times = [since, until].map { $0.map { String($0.nanosecondsSinceEpoch) } ?? "" }
        return ([kind, organization, actor, target, eventType, source] + times)
            .joined(separator: "\t") + "\n"
    }

    init(_ kind: String, organization: String) {
        self.kind = kind
        self.organization = organization
    }

    init?(line: Substring) {
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        guard fields.count == 8 else { return nil }
        kind = fields[0]
        organization = fields[1]
        actor = fields[2]
        target = fields[3]
        eventType = fields[4]
        source = fields[5]
        since = Int64(fields[6]).map { Timestamp(nanosecondsSinceEpoch: $0) }
        until = Int64(fields[7]).map { Timestamp(nanosecondsSinceEpoch: $0) }
    }

    var query: QueryRequest {
        func list(_ value: String) -> [String] { value.isEmpty ? [] : [value] }
        return QueryRequest(
            organizationID: organization,
            filter: EventFilter(
                eventTypes: list(eventType), targetIDs: list(target), actorIDs: list(actor),
                sources: list(source), since: since, until: until),
            order: .newestFirst, pageSize: Int32(PageRequest.pageSize))
    }

    var histogram: HistogramRequest {
        HistogramRequest(
            organizationID: organization, filter: query.filter, bucket: PageRequest.bucket,
            splitBy: .eventType)
    }

    static func read(_ path: String) -> [PageRequest] {
        guard let file = fopen(path, "r") else { fail("cannot read \(path)") }
        defer { fclose(file) }
        var requests: [PageRequest] = []
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        while getline(&line, &capacity, file) > 0, let line {
            let text = String(cString: line).dropLast()
            guard let request = PageRequest(line: text) else { fail("no request: \(text)") }
            requests.append(request)
        }
        return requests
    }
}
