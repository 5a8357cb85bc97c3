import AuditModel

/// The meaning of a filter in an organization as bytes: two filters that let the same values pass,
/// in whatever order or number they name them, have the same key.
struct FilterKey: Hashable, Sendable {
    let bytes: [UInt8]
    /// The same in every process and version.
    let hash: UInt64

    /// - Parameter bounds: a filter that has to let pass besides; nil for none.
    init(_ filter: EventFilter, within bounds: EventFilter? = nil, organization: [UInt8]?) {
        var writer = ByteWriter()
        writer.byte(organization == nil ? 0 : 1)
        writer.delimited(organization ?? [])
        writer.filter(filter)
        if let bounds { writer.filter(bounds) }
        bytes = writer.bytes
        var hash = StableHash()
        hash.combine(bytes)
        self.hash = hash.finish()
    }
}

extension ByteWriter {
    fileprivate mutating func filter(_ filter: EventFilter) {
        for strings in [
            filter.eventTypes, filter.targetTypes, filter.targetIDs, filter.actorIDs,
            filter.sources,
        ] {
            values(strings.map { Array($0.utf8) })
        }
        values(
            filter.scopes.map { scope in
                var pair = ByteWriter()
                pair.delimited(Array(scope.type.utf8))
                pair.delimited(Array(scope.id.utf8))
                return pair.bytes
            })
        values(filter.actorTypes.map { [UInt8(truncatingIfNeeded: $0.rawValue)] })
        values(filter.outcomes.map { [UInt8(truncatingIfNeeded: $0.rawValue)] })
        for time in [filter.since, filter.until] {
            byte(time == nil ? 0 : 1)
            varint(UInt64(bitPattern: time?.nanosecondsSinceEpoch ?? 0))
        }
        delimited(filter.text.utf8.map(TextNeedle.lowercased))
    }

    /// A set: sorted, each once.
    fileprivate mutating func values(_ values: [[UInt8]]) {
        // Most filters have one value of a field, or none.
        let sorted =
            values.count < 2 ? values : Set(values).sorted { $0.lexicographicallyPrecedes($1) }
        varint(UInt64(sorted.count))
        for value in sorted { delimited(value) }
    }
}
