/// Visits the values of a stored event that a filter can name: what an index holds and what facets
/// count.
package enum IndexTerms {
    package struct Term {
        package var field: FacetField
        /// Of a target id and a scope: the type of the resource. Empty for the other fields.
        package var type: UnsafeRawBufferPointer
        /// As a filter takes it; never empty. Of an enumeration its short name.
        package var value: UnsafeRawBufferPointer
        /// What people call it; may be empty.
        package var name: UnsafeRawBufferPointer
    }

    /// Calls `body` for each value that is there, a scope's once for each resource. Nothing is
    /// allocated; the pointers must not outlive the call.
    package static func visit(_ payload: UnsafeRawBufferPointer, _ body: (Term) -> Void) {
        func term(
            _ field: FacetField, _ value: UnsafeRawBufferPointer,
            type: UnsafeRawBufferPointer = nothing, name: UnsafeRawBufferPointer = nothing
        ) {
            guard !value.isEmpty else { return }
            body(Term(field: field, type: type, value: value, name: name))
        }
        func enumeration<Value: WireEnumeration>(_ field: FacetField, _ value: Value?) {
            guard let value, value.rawValue != 0 else { return }
            var name = value.name
            name.withUTF8 { term(field, UnsafeRawBufferPointer($0)) }
        }
        var reader = WireReader(payload)
        while let field = reader.next() {
            switch field.number {
            case EventField.eventType:
                term(.eventType, field.bytes)
            case EventField.target:
                let target = ResourceFields(field.bytes)
                term(.targetType, target.type)
                term(.targetID, target.id, type: target.type, name: target.name)
            case EventField.scope:
                let resource = ResourceFields(field.bytes)
                term(.scope, resource.id, type: resource.type, name: resource.name)
            case EventField.actor:
                let actor = ActorFields(field.bytes)
                term(.actorID, actor.id, name: actor.name)
                enumeration(.actorType, ActorType(rawValue: actor.type))
            case EventField.source:
                term(.source, field.bytes)
            case EventField.outcome:
                enumeration(
                    .outcome, Outcome(rawValue: Int32(truncatingIfNeeded: field.integer)))
            default:
                break
            }
        }
    }
}
