import Codec

/// The Record requests that wait for the committer: first come, first stored, and bounded.
struct RecorderQueue<Ticket: Sendable> {
    struct Item: Sendable {
        var request: PreparedRequest
        var ticket: Ticket
    }

    private var items: [Item] = []
    private var bytes = 0
    private var events = 0
    private var ended = false
    private let limits: ServiceLimits

    init(limits: ServiceLimits) {
        self.limits = limits
    }

    /// Nil when the item was taken.
    mutating func add(_ item: consuming Item) -> ServiceError? {
        guard !ended else {
            return ServiceError(.unavailable, "the server is shutting down; nothing was stored")
        }
        let addedBytes = item.request.bytes.count
        let addedEvents = item.request.events.count
        guard bytes + addedBytes <= limits.recorderQueueBytesMax,
            events + addedEvents <= limits.recorderQueueEventsMax
        else {
            return ServiceError(
                .exhausted,
                "\(events) events (\(bytes) bytes) wait to be stored already; "
                    + "nothing of this request was: send it again a little later")
        }
        bytes += addedBytes
        events += addedEvents
        items.append(item)
        return nil
    }

    enum Taken: Sendable {
        /// At least one item.
        case items([Item])
        case ended
    }

    /// What one group commit takes, in order; nil when nothing waits yet.
    mutating func take() -> Taken? {
        guard !items.isEmpty else { return ended ? .ended : nil }
        var takenBytes = 0
        var takenEvents = 0
        var end = 0
        while end < items.count {
            let request = items[end].request
            let fits =
                takenBytes + request.bytes.count <= limits.commitBytesMax
                && takenEvents + request.events.count <= limits.commitEventsMax
            guard fits || end == 0 else { break }
            takenBytes += request.bytes.count
            takenEvents += request.events.count
            end += 1
        }
        bytes -= takenBytes
        events -= takenEvents
        guard end < items.count else {
            defer { items = [] }
            return .items(items)
        }
        let taken = Array(items[..<end])
        items.removeSubrange(..<end)
        return .items(taken)
    }

    /// Refuses what comes from now on; what waits is still stored.
    mutating func end() {
        ended = true
    }
}
