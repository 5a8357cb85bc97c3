import AuditModel
import Codec
import EventStore

/// One event, the previous event of its target, and the difference between them, as an encoded
/// `GetEventResponse`.
struct EventLookup {
    let store: EventStore
    let sequences: SequenceBook
    let limits: ServiceLimits

    /// - Parameter bounds: what the caller may see at all; nil for everything.
    func run(
        _ request: GetEventRequest, within bounds: EventFilter? = nil, _ control: ReadControl
    ) throws(ServiceError) -> [UInt8] {
        let organization = Array(request.organizationID.utf8)
        store.hideExpired(now: .now, uptime: .sinceStart)
        let seen = CompiledFilter(EventFilter(), within: bounds, organization: nil)
        let kept = try find(request, organization, control)
        guard let found = kept, found.batch.withEvent(at: found.index, { seen.matches($0) }) else {
            throw ServiceError(
                .notFound,
                "no event with \(Self.describe(request.key)) is kept"
                    + (organization.isEmpty ? "" : " in organization \(request.organizationID)"))
        }
        let (previous, isUnknown) = try self.previous(
            of: found, to: organization, within: bounds, control)
        let reader = reader(of: organization)
        return found.batch.withEvent(at: found.index) { event in
            let stored = GetEventResponseWriter.Stored(
                event.payload, sequence: reader.replacement(for: event))
            guard let previous else {
                return GetEventResponseWriter.encode(
                    event: stored, previous: nil, differences: [], previousUnknown: isUnknown)
            }
            return previous.payload.withUnsafeBytes { payload in
                let differences = JSONDifference.between(
                    Array(EventFields(payload).snapshot),
                    Array(EventFields(event.payload).snapshot))
                return GetEventResponseWriter.encode(
                    event: stored, previous: .init(payload, sequence: previous.sequence),
                    differences: differences, previousUnknown: isUnknown)
            }
        }
    }

    /// - Parameter organization: empty for all.
    private func reader(of organization: [UInt8]) -> ReaderSequences {
        ReaderSequences(
            store: store, book: sequences, organization: organization.isEmpty ? nil : organization)
    }

    private func find(
        _ request: GetEventRequest, _ organization: [UInt8], _ control: ReadControl
    ) throws(ServiceError) -> StoredEvent? {
        switch request.key {
        case .sequence(let sequence):
            guard let event = try reader(of: organization).event(from: sequence),
                event.sequence == sequence
            else { return nil }
            return try reading { () throws(StoreError) in try store.read(event.place) }
        case .id(let id):
            guard organization.isEmpty else {
                return try reading { () throws(StoreError) in try find(id, of: organization) }
            }
            return try findInAll(id, control)
        }
    }

    private func find(
        _ id: EventID, of organization: [UInt8]
    ) throws(StoreError) -> StoredEvent? {
        try organization.withUnsafeBytes { bytes in
            Result { () throws(StoreError) in
                try store.find(organization: bytes, id: id)
            }
        }.get()
    }

    /// The newest event with the id, of whatever organization.
    private func findInAll(
        _ id: EventID, _ control: ReadControl
    ) throws(ServiceError) -> StoredEvent? {
        let view = store.searchView()
        let (organizations, unknown) = self.organizations(in: view)
        var newest: StoredEvent?
        var damage: StoreError?
        for organization in organizations {
            try check(control)
            do throws(StoreError) {
                guard let found = try find(id, of: organization) else { continue }
                if found.sequence > newest?.sequence ?? .zero { newest = found }
            } catch {
                damage = error
            }
        }
        for range in unknown.reversed() where range.last > newest?.sequence ?? .zero {
            guard let found = try scan(range, for: id, control) else { continue }
            newest = found
            break
        }
        if let damage, newest == nil { throw ServiceError(damage) }
        return newest
    }

    /// The organizations that have events, and the ranges in which that is not known.
    private func organizations(
        in view: SearchView
    ) -> (names: Set<[UInt8]>, unknown: [SequenceRange]) {
        var names: Set<[UInt8]> = []
        var unknown: [SequenceRange] = []
        for part in view.parts {
            if let summaries = try? part.index?.organizations() {
                for summary in summaries { names.insert(summary.organization) }
            } else {
                unknown.append(part.sequences)
            }
        }
        return (names, unknown)
    }

    private func scan(
        _ range: SequenceRange, for id: EventID, _ control: ReadControl
    ) throws(ServiceError) -> StoredEvent? {
        var found: Sequence?
        let outcome = try EventScan(
            store: store, control: control, unreadableMax: limits.unreadableMax
        ).run(from: range.last, through: range.first, .newestFirst) { event in
            guard event.id == id else { return .goOn }
            found = event.sequence
            return .stop
        }
        guard let found else {
            try check(control)
            guard outcome.unreadable.isEmpty else {
                throw ServiceError(.dataLoss, "the id may lie in events that are damaged")
            }
            return nil
        }
        return try reading { () throws(StoreError) in try store.read(found) }
    }

    private func check(_ control: ReadControl) throws(ServiceError) {
        guard !control.isCancelled else {
            throw ServiceError(.cancelled, "the call was cancelled")
        }
        guard !control.isTimeUp else {
            throw ServiceError(
                .deadlineExceeded,
                "looking for the id in every organization took too long; name its organization")
        }
    }

    /// The event before it with the same organization and target; true when the
    /// search ended early.
    private func previous(
        of found: StoredEvent, to organization: [UInt8], within bounds: EventFilter?,
        _ control: ReadControl
    ) throws(ServiceError) -> (previous: Previous?, isUnknown: Bool) {
        let (plan, own) = found.batch.withEvent(at: found.index) { event in
            let fields = EventFields(event.payload)
            let filter = EventFilter(
                targetTypes: [String(decoding: fields.targetType, as: UTF8.self)],
                targetIDs: [String(decoding: fields.targetID, as: UTF8.self)])
            return (
                SearchPlan(filter, within: bounds, organization: Array(event.organization)),
                event.sequence
            )
        }
        let oldest = store.currentBounds(of: plan.organization).oldest
        guard own > oldest else { return (nil, false) }
        var previous: Previous?
        let reader = reader(of: organization)
        let outcome = try EventSearch(
            store: store, control: control, eventsMax: limits.previousScanEventsMax,
            unreadableMax: limits.unreadableMax
        ).run(plan, from: own.previous, through: oldest, .newestFirst) { event in
            previous = Previous(
                payload: Array(event.payload), sequence: reader.replacement(for: event))
            return .stop
        }
        // What lies between and cannot be read may have been the previous one.
        let isUnknown =
            !outcome.unreadable.isEmpty || previous == nil && outcome.end == .budget
        return (previous, isUnknown)
    }

    private struct Previous {
        var payload: [UInt8]
        /// Where it is not its own.
        var sequence: Sequence?
    }

    private func reading<Result>(
        _ body: () throws(StoreError) -> Result
    ) throws(ServiceError) -> Result {
        do throws(StoreError) { return try body() } catch { throw ServiceError(error) }
    }

    private static func describe(_ key: GetEventRequest.Key) -> String {
        switch key {
        case .id(let id): "id \(id)"
        case .sequence(let sequence): "sequence \(sequence)"
        }
    }
}
