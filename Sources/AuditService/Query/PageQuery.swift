import AuditModel
package import Codec
package import EventStore

/// One page of a query, as an encoded `QueryResponse`.
package struct PageQuery {
    let store: EventStore
    let sequences: SequenceBook
    let limits: ServiceLimits

    package init(store: EventStore, sequences: SequenceBook, limits: ServiceLimits) {
        self.store = store
        self.sequences = sequences
        self.limits = limits
    }

    /// - Parameter bounds: what the caller may see at all; nil for everything.
    package func run(
        _ request: QueryRequest, within bounds: EventFilter? = nil, _ control: ReadControl
    ) throws(ServiceError) -> [UInt8] {
        let plan = SearchPlan(
            request.filter, within: bounds,
            organization: request.organizationID.isEmpty ? nil : Array(request.organizationID.utf8))
        let reader = ReaderSequences(
            store: store, book: sequences, organization: plan.organization)
        let kept = store.currentBounds(of: plan.organization)
        let range = try range(of: request, kept, reader)
        let wanted = pageSize(request)
        let direction = range.direction

        var page = QueryResponseWriter(eventsMax: wanted)
        /// Of a match that did not fit any more: the next page begins with it.
        var left: Sequence?
        let search = EventSearch(
            store: store, control: control, eventsMax: limits.pageScanEventsMax,
            blocksMax: limits.pageBlocksMax, unreadableMax: limits.unreadableMax)
        let outcome = try search.run(plan, from: range.first, through: range.last, direction) {
            event in
            guard page.count < wanted,
                page.bytesMax(appending: event.payload.count) <= limits.responseBytesMax
            else {
                left = reader.sequence(of: event)
                return .stop
            }
            page.append(event.payload, sequence: reader.replacement(for: event))
            return .goOn
        }
        let end = try end(of: outcome, left, range, reader)
        var token = ""
        if let next = end.next {
            let head =
                if let head = range.head { head } else { try reader.sequence(through: kept.head) }
            token = PageToken(next: next.sequence, offset: next.offset, head: head)
                .text(for: request)
        }
        return page.finish(
            nextPageToken: token, scannedThrough: end.scannedThrough,
            oldest: try reader.oldest(from: kept.oldest),
            unreadable: try reader.missing(outcome.unreadable))
    }

    /// What a page looks at, in the order of its walk.
    private struct Range {
        var direction: EventSearch.Direction
        /// In the log.
        var first: Sequence
        var last: Sequence
        /// The newest sequence when the query began; nil on its first page.
        var head: Sequence?

        func isBehind(_ place: Sequence) -> Bool {
            direction == .oldestFirst ? place > last : place < last
        }
    }

    private func range(
        of request: QueryRequest, _ kept: StoreBounds, _ reader: ReaderSequences
    ) throws(ServiceError) -> Range {
        let isForward = request.order == .oldestFirst
        var range = Range(
            direction: isForward ? .oldestFirst : .newestFirst,
            first: isForward ? kept.oldest : kept.head, last: isForward ? kept.head : kept.oldest)
        guard !request.pageToken.isEmpty else { return range }
        let token: PageToken
        do throws(CodecError) {
            token = try PageToken(request.pageToken, of: request)
        } catch {
            throw ServiceError(error)
        }
        range.head = token.head
        let first = try reader.place(of: token.next, offset: token.offset, isForward: isForward)
        if isForward {
            range.first = max(first, kept.oldest)
            let head = try reader.place(of: token.head, offset: 0, isForward: false)
            range.last = min(head, kept.head)
        } else {
            range.first = min(first, kept.head)
        }
        return range
    }

    /// How far a page came, as its reader sees it, and where the next one begins; nil when none does.
    private func end(
        of outcome: EventSearch.Outcome, _ left: Sequence?, _ range: Range,
        _ reader: ReaderSequences
    ) throws(ServiceError) -> (
        next: (sequence: Sequence, offset: UInt64)?, scannedThrough: Sequence
    ) {
        let isForward = range.direction == .oldestFirst
        if outcome.end == .stopped, let left {
            return ((left, 0), isForward ? left.previous : left.next)
        }
        var scannedThrough = Sequence.zero
        if let through = outcome.through {
            scannedThrough =
                isForward
                ? try reader.sequence(through: through) : try reader.sequence(from: through)
        }
        guard outcome.end == .budget else { return (nil, scannedThrough) }
        let next = outcome.through.map { isForward ? $0.next : $0.previous } ?? range.first
        // The walk may end exactly at its budget.
        guard !range.isBehind(next) else { return (nil, scannedThrough) }
        return (try reader.next(at: next, isForward: isForward), scannedThrough)
    }

    private func pageSize(_ request: QueryRequest) -> Int {
        request.pageSize == 0
            ? limits.pageEventsDefault : min(Int(request.pageSize), limits.pageEventsMax)
    }
}
