import AuditModel
package import Codec
package import EventStore

/// One page of a query, as an encoded `QueryResponse`.
package struct PageQuery {
    let store: EventStore
    let limits: ServiceLimits

    package init(store: EventStore, limits: ServiceLimits) {
        self.store = store
        self.limits = limits
    }

    /// - Parameter bounds: what the caller may see at all; nil for everything.
    package func run(
        _ request: QueryRequest, within bounds: EventFilter? = nil, _ control: ReadControl
    ) throws(ServiceError) -> [UInt8] {
        let plan = SearchPlan(
            request.filter, within: bounds,
            organization: request.organizationID.isEmpty ? nil : Array(request.organizationID.utf8))
        let kept = store.currentBounds(of: plan.organization)
        let start = try start(of: request, kept)
        let wanted = pageSize(request)
        let direction: EventSearch.Direction =
            request.order == .oldestFirst ? .oldestFirst : .newestFirst
        let last = direction == .oldestFirst ? start.head : kept.oldest
        let first = direction == .oldestFirst ? max(start.next, kept.oldest) : start.next

        var page = QueryResponseWriter(eventsMax: wanted)
        /// A match that did not fit any more: the next page begins with it.
        var left: Sequence?
        let search = EventSearch(
            store: store, control: control, eventsMax: limits.pageScanEventsMax,
            blocksMax: limits.pageBlocksMax, unreadableMax: limits.unreadableMax)
        let outcome = try search.run(plan, from: first, through: last, direction) { event in
            guard page.count < wanted,
                page.bytesMax(appending: event.payload.count) <= limits.responseBytesMax
            else {
                left = event.sequence
                return .stop
            }
            page.append(event.payload)
            return .goOn
        }
        var next: Sequence?
        var through = outcome.through
        switch outcome.end {
        case .complete: next = nil
        case .stopped:
            next = left
            through = left.map { direction == .oldestFirst ? $0.previous : $0.next }
        case .budget:
            next =
                outcome.through.map { direction == .oldestFirst ? $0.next : $0.previous } ?? first
        }
        // The walk may end exactly at its budget.
        if let candidate = next,
            direction == .oldestFirst ? candidate > last : candidate < last
        {
            next = nil
        }
        let token = next.map { PageToken(next: $0, head: start.head).text(for: request) } ?? ""
        return page.finish(
            nextPageToken: token, scannedThrough: through ?? .zero, oldest: kept.oldest,
            unreadable: outcome.unreadable)
    }

    private func start(
        of request: QueryRequest, _ bounds: StoreBounds
    ) throws(ServiceError) -> PageToken {
        guard request.pageToken.isEmpty else {
            do throws(CodecError) {
                return try PageToken(request.pageToken, of: request)
            } catch {
                throw ServiceError(error)
            }
        }
        let next = request.order == .oldestFirst ? bounds.oldest : bounds.head
        return PageToken(next: next, head: bounds.head)
    }

    private func pageSize(_ request: QueryRequest) -> Int {
        request.pageSize == 0
            ? limits.pageEventsDefault : min(Int(request.pageSize), limits.pageEventsMax)
    }
}
