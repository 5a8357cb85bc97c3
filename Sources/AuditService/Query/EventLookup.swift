import AuditModel
import Codec
import EventStore

/// One event, the previous event of its target, and the difference between them, as an encoded
/// `GetEventResponse`.
struct EventLookup {
    let store: EventStore
    let limits: ServiceLimits

    func run(_ request: GetEventRequest, _ control: ReadControl) throws(ServiceError) -> [UInt8] {
        let organization = Array(request.organizationID.utf8)
        store.hideExpired(now: .now, uptime: .sinceStart)
        guard let found = try find(request, organization, control) else {
            throw ServiceError(
                .notFound,
                "no event with \(Self.describe(request.key)) is kept"
                    + (organization.isEmpty ? "" : " in organization \(request.organizationID)"))
        }
        let (previous, isUnknown) = try self.previous(of: found, control)
        return found.batch.withEvent(at: found.index) { event in
            guard let previous else {
                return GetEventResponseWriter.encode(
                    event: event.payload, previous: nil, differences: [],
                    previousUnknown: isUnknown)
            }
            return previous.withUnsafeBytes { previous in
                let differences = JSONDifference.between(
                    Array(EventFields(previous).snapshot),
                    Array(EventFields(event.payload).snapshot))
                return GetEventResponseWriter.encode(
                    event: event.payload, previous: previous, differences: differences,
                    previousUnknown: false)
            }
        }
    }

    private func find(
        _ request: GetEventRequest, _ organization: [UInt8], _ control: ReadControl
    ) throws(ServiceError) -> StoredEvent? {
        switch request.key {
        case .sequence(let sequence):
            let found = try reading { () throws(StoreError) in try store.read(sequence) }
            guard let found, !organization.isEmpty else { return found }
            let isOwn = found.batch.withEvent(at: found.index) {
                $0.organization.elementsEqual(organization)
            }
            return isOwn ? found : nil
        case .id(let id):
            guard organization.isEmpty else {
                return try reading { () throws(StoreError) in
                    try organization.withUnsafeBytes { bytes in
                        Result { () throws(StoreError) in
                            try store.find(organization: bytes, id: id)
                        }
                    }.get()
                }
            }
            return try scan(for: id, control)
        }
    }

    /// Without an organization the id index does not help.
    private func scan(
        for id: EventID, _ control: ReadControl
    ) throws(ServiceError) -> StoredEvent? {
        let bounds = store.currentBounds(of: nil)
        var found: Sequence?
        let outcome = try EventScan(
            store: store, control: control, unreadableMax: limits.unreadableMax
        ).run(from: bounds.head, through: bounds.oldest, .newestFirst) { event in
            guard event.id == id else { return .goOn }
            found = event.sequence
            return .stop
        }
        guard let found else {
            guard outcome.end == .complete else {
                throw ServiceError(
                    .deadlineExceeded,
                    "looking for the id in every organization took too long; name its organization")
            }
            guard outcome.unreadable.isEmpty else {
                throw ServiceError(.dataLoss, "the id may lie in events that are damaged")
            }
            return nil
        }
        return try reading { () throws(StoreError) in try store.read(found) }
    }

    /// The payload of the event before it with the same organization and target; true when the
    /// search ended early.
    private func previous(
        of found: StoredEvent, _ control: ReadControl
    ) throws(ServiceError) -> (payload: [UInt8]?, isUnknown: Bool) {
        let (filter, own) = found.batch.withEvent(at: found.index) { event in
            let fields = EventFields(event.payload)
            let filter = EventFilter(
                targetTypes: [String(decoding: fields.targetType, as: UTF8.self)],
                targetIDs: [String(decoding: fields.targetID, as: UTF8.self)])
            let organization = Array(event.organization)
            return (CompiledFilter(filter, organization: organization), event.sequence)
        }
        let oldest = store.currentBounds(of: filter.organization).oldest
        guard own > oldest else { return (nil, false) }
        var payload: [UInt8]?
        let outcome = try EventScan(
            store: store, control: control, eventsMax: limits.previousScanEventsMax,
            unreadableMax: limits.unreadableMax
        ).run(from: own.previous, through: oldest, .newestFirst) { event in
            guard filter.matches(event) else { return .goOn }
            payload = Array(event.payload)
            return .stop
        }
        return (payload, payload == nil && (outcome.end == .budget || !outcome.unreadable.isEmpty))
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
