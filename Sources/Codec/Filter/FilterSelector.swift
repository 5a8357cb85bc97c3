/// The fields by whose values filters are found, the most selective first.
package enum SelectorField: UInt8, CaseIterable, Sendable {
    case targetID
    case actorID
    case scope
    case eventType
    case targetType
    case source
}

/// What an event must have at least to match a filter: one of these values in one field. Who has many filters looks an
/// event's values up among them, instead of asking each filter.
package struct FilterSelector: Sendable {
    package let field: SelectorField
    /// In UTF-8, each once.
    package let values: [[UInt8]]

    /// Nil when the filter names no value of such a field.
    init?(_ filter: EventFilter) {
        for field in SelectorField.allCases {
            let values = FilterSelector.values(of: field, in: filter)
            guard !values.isEmpty else { continue }
            self.field = field
            self.values = Array(Set(values.map { Array($0.utf8) }))
            return
        }
        return nil
    }

    private static func values(of field: SelectorField, in filter: EventFilter) -> [String] {
        switch field {
        case .targetID: filter.targetIDs
        case .actorID: filter.actorIDs
        case .scope: filter.scopes.map(\.id)
        case .eventType: filter.eventTypes
        case .targetType: filter.targetTypes
        case .source: filter.sources
        }
    }

    /// Some of the fields.
    package struct Fields: OptionSet, Sendable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) { self.rawValue = rawValue }

        package init(_ field: SelectorField) { rawValue = 1 << field.rawValue }

        package static let target: Fields = [Fields(.targetID), Fields(.targetType)]

        /// The number of the last of them in a stored event, which has its fields in order.
        fileprivate var lastNumber: UInt32 {
            if contains(Fields(.source)) { return EventField.source }
            if contains(Fields(.actorID)) { return EventField.actor }
            if contains(Fields(.scope)) { return EventField.scope }
            return isDisjoint(with: .target) ? EventField.eventType : EventField.target
        }
    }

    /// Visits the values that a stored event has in `fields`, a scope's once for each resource. Nothing is allocated;
    /// the pointers must not outlive the call.
    package static func visit(
        _ payload: UnsafeRawBufferPointer, _ fields: Fields,
        _ body: (SelectorField, UnsafeRawBufferPointer) -> Void
    ) {
        let last = fields.lastNumber
        var reader = WireReader(payload)
        while let field = reader.next(), field.number <= last {
            switch field.number {
            case EventField.eventType where fields.contains(Fields(.eventType)):
                body(.eventType, field.bytes)
            case EventField.target where !fields.isDisjoint(with: .target):
                let target = ResourceFields(field.bytes)
                if fields.contains(Fields(.targetType)) { body(.targetType, target.type) }
                if fields.contains(Fields(.targetID)) { body(.targetID, target.id) }
            case EventField.scope where fields.contains(Fields(.scope)):
                body(.scope, ResourceFields(field.bytes).id)
            case EventField.actor where fields.contains(Fields(.actorID)):
                body(.actorID, ActorFields(field.bytes).id)
            case EventField.source where fields.contains(Fields(.source)):
                body(.source, field.bytes)
            default:
                break
            }
        }
    }
}
