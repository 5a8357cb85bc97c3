import AuditModel

/// The meaning of a filter in an organization as bytes: two filters that let the same values pass,
/// in whatever order or number they name them, have the same key.
struct FilterKey: Hashable, Sendable {
    let bytes: [UInt8]
    /// The same in every process and version.
    let hash: UInt64

    init(_ filter: EventFilter, organization: [UInt8]?) {
        var writer = ByteWriter()
        writer.byte(organization == nil ? 0 : 1)
        writer.delimited(organization ?? [])
        for values in [
            filter.eventTypes, filter.targetTypes, filter.targetIDs, filter.actorIDs,
            filter.sources,
        ] {
            writer.values(values.map { Array($0.utf8) })
        }
        writer.values(
            filter.scopes.map { scope in
                var pair = ByteWriter()
                pair.delimited(Array(scope.type.utf8))
                pair.delimited(Array(scope.id.utf8))
                return pair.bytes
            })
        writer.values(filter.actorTypes.map { [UInt8(truncatingIfNeeded: $0.rawValue)] })
        writer.values(filter.outcomes.map { [UInt8(truncatingIfNeeded: $0.rawValue)] })
        for time in [filter.since, filter.until] {
            writer.byte(time == nil ? 0 : 1)
            writer.varint(UInt64(bitPattern: time?.nanosecondsSinceEpoch ?? 0))
        }
        writer.delimited(filter.text.utf8.map(TextNeedle.lowercased))
        bytes = writer.bytes
        var hash = StableHash()
        hash.combine(bytes)
        self.hash = hash.finish()
    }
}

extension ByteWriter {
    /// A set: sorted, each once.
    fileprivate mutating func values(_ values: [[UInt8]]) {
        let sorted = Set(values).sorted { $0.lexicographicallyPrecedes($1) }
        varint(UInt64(sorted.count))
        for value in sorted { delimited(value) }
    }
}
