import AuditModel

extension CanonicalEvent {
    /// The id is the first field: tag, length and text.
    private static let idBytes = 2 + EventID.textBytes
    /// A tag and OUTCOME_SUCCESS.
    private static let outcomeBytes = 2

    /// What the stored form may have more than the caller's: an id, an outcome and an organization with tag and
    /// length.
    static func extraBytesMax(organizationBytes: Int) -> Int {
        idBytes + outcomeBytes + 1 + WireSize.delimited(organizationBytes)
    }

    /// Writes an event that passed `EventRules`, with its organization, its id and its outcome filled in and metadata
    /// sorted by key. Nil when `output` is too small.
    func write(
        to output: UnsafeMutableRawBufferPointer, organization: UnsafeRawBufferPointer,
        _ makeID: () -> EventID
    ) -> PreparedEvent? {
        let organizationOffset =
            Self.idBytes + 1 + WireSize.varint(UInt64(organization.count))
        let bodyOffset = organizationOffset + organization.count
        let bytesMax = bodyOffset + (end - bodyStart) + (outcome == 0 ? Self.outcomeBytes : 0)
        guard bytesMax <= output.count else { return nil }
        let givenID = EventID(text: id)
        let id = givenID ?? makeID()
        var writer = RawWriter(output)
        writer.tag(1, .bytes)
        writer.id(id)
        writer.tag(EventField.organizationID, .bytes)
        writer.varint(UInt64(organization.count))
        writer.raw(organization)
        writer.raw(bodyStart, outcomeStart)
        if outcome == 0 {
            writer.tag(EventField.outcome, .varint)
            writer.varint(UInt64(Outcome.success.rawValue))
        }
        if metadataIsSorted {
            writer.raw(outcomeStart, end)
        } else {
            writer.raw(outcomeStart, metadataStart)
            for pair in sortedMetadata() { writer.raw(pair) }
            writer.raw(metadataEnd, end)
        }
        return PreparedEvent(
            id: id, idWasGiven: givenID != nil,
            occurredAt: occurredAt.flatMap {
                Timestamp(seconds: $0.seconds, nanoseconds: $0.nanoseconds)
            },
            payload: 0..<writer.count, organization: organizationOffset..<bodyOffset,
            rejection: nil)
    }

    private var metadataIsSorted: Bool {
        guard metadata.count > 1 else { return true }
        var previous = nothing
        for pair in metadata {
            guard !pair.key.lexicographicallyPrecedes(previous) else { return false }
            previous = pair.key
        }
        return true
    }

    /// The pairs with tag and length by the bytes of their keys, of which no two are the same.
    private func sortedMetadata() -> [UnsafeRawBufferPointer] {
        var pairs: [(key: UnsafeRawBufferPointer, encoded: UnsafeRawBufferPointer)] = []
        pairs.reserveCapacity(metadata.count)
        var rest = metadata
        var start = rest.position
        while let pair = rest.next() {
            let encoded = UnsafeRawBufferPointer(start: start, count: rest.position - start)
            pairs.append((pair.key, encoded))
            start = rest.position
        }
        pairs.sort { $0.key.lexicographicallyPrecedes($1.key) }
        return pairs.map(\.encoded)
    }
}
