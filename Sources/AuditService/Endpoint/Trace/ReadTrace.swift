import Access
import Codec

/// Who has read what of the log, gathered into one event for each caller, organization and minute: a dashboard that
/// asks every second is not a flood.
///
/// The first read of a caller is told at once, what follows when the minute is over. Reading these events is a read
/// like any other; sending them to those who follow is none, so that nothing here feeds itself.
struct ReadTrace {
    enum Kind: Int, CaseIterable, Sendable {
        case query
        case lookup
        case facets
        case histogram
        case subscription

        /// What the event calls it.
        var name: String {
            switch self {
            case .query: "queries"
            case .lookup: "lookups"
            case .facets: "facets"
            case .histogram: "histograms"
            case .subscription: "subscriptions"
            }
        }
    }

    /// What is told in one event.
    struct Reads: Sendable {
        let origin: CallOrigin
        /// Empty for all of them.
        let organizationID: String
        /// By kind.
        fileprivate(set) var counts = [Int](repeating: 0, count: Kind.allCases.count)

        var isEmpty: Bool { counts.allSatisfy { $0 == 0 } }

        /// The same without any.
        fileprivate var cleared: Reads { Reads(origin: origin, organizationID: organizationID) }
    }

    private struct Key: Hashable {
        let identity: Identity
        /// In UTF-8: names that look alike are two.
        let organization: [UInt8]
    }

    private struct Entry {
        var reads: Reads
        /// Nil before the first time.
        var toldAt: Duration?
    }

    /// How long reads are gathered.
    static let interval = Duration.seconds(60)
    /// Callers and organizations that are gathered for; with more of them what there is is told early.
    private let entriesMax: Int
    private var entries: [Key: Entry] = [:]

    init(entriesMax: Int = 10_000) { self.entriesMax = entriesMax }

    /// True when it is full: what is due must be taken before more is noted.
    var isFull: Bool { entries.count >= entriesMax }

    mutating func note(_ kind: Kind, of organizationID: String, from origin: CallOrigin) {
        let key = Key(
            identity: origin.caller.identity, organization: Array(organizationID.utf8))
        let new = Entry(reads: Reads(origin: origin, organizationID: organizationID))
        entries[key, default: new].reads.counts[kind.rawValue] += 1
    }

    /// Takes what is to be told by now.
    ///
    /// - Parameters:
    ///   - uptime: of the server.
    ///   - all: whether the minute of each is over or not.
    mutating func takeDue(uptime: Duration, all: Bool = false) -> [Reads] {
        var due: [Reads] = []
        for (key, entry) in entries {
            guard all || entry.toldAt.map({ uptime - $0 >= Self.interval }) ?? true else {
                continue
            }
            if !entry.reads.isEmpty { due.append(entry.reads) }
            // Who reads no more is forgotten when his minute is over.
            entries[key] =
                all || entry.reads.isEmpty
                ? nil : Entry(reads: entry.reads.cleared, toldAt: uptime)
        }
        return due
    }
}

extension ReadTrace.Reads {
    /// "queries 12, subscriptions 1".
    private var text: String {
        ReadTrace.Kind.allCases.filter { counts[$0.rawValue] > 0 }
            .map { "\($0.name) \(counts[$0.rawValue])" }.joined(separator: ", ")
    }

    /// The event that tells of them.
    var event: Event {
        var metadata: [String: String] = [:]
        for kind in ReadTrace.Kind.allCases where counts[kind.rawValue] > 0 {
            metadata[kind.name] = String(counts[kind.rawValue])
        }
        return Event(
            organizationID: organizationID.isEmpty
                ? RetentionEvent.operatorOrganization : organizationID,
            eventType: "AUDIT_READ",
            target: Event.Target(
                type: "AUDIT_LOG", id: organizationID.isEmpty ? "all" : organizationID),
            actor: origin.caller.identity.actor, source: "AUDIT_LOG", change: text,
            outcome: .success, metadata: metadata)
    }
}
