/// What an event has that its caller did not say: the caller stands for it with his credential.
package struct RecordDefaults: Hashable, Sendable {
    /// Of every event where neither it nor the request names one; empty for none.
    package var organization: [UInt8]
    /// Nil when an event must name its actor.
    package var actor: Event.Actor?
    /// Empty for none.
    package var source: String

    package init(
        organization: [UInt8] = [], actor: Event.Actor? = nil, source: String = ""
    ) {
        self.organization = organization
        self.actor = actor
        self.source = source
    }

    /// For callers who say everything themselves.
    package static let none = RecordDefaults()

    /// Whether the event lacks something that is known here, its organization aside.
    func complete(_ event: CanonicalEvent) -> Bool {
        event.actor == nil && actor != nil || event.source.isEmpty && !source.isEmpty
    }

    /// What an event may become longer by, its organization aside.
    var bytesMax: Int {
        let ofActor = actor.map { 16 + $0.id.utf8.count + $0.name.utf8.count } ?? 0
        return ofActor + (source.isEmpty ? 0 : 8 + source.utf8.count)
    }
}
