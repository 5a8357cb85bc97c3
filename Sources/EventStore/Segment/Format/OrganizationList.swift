import AuditModel

/// The organizations of a segment and what each has there.
enum OrganizationList {
    /// In ascending order of their bytes.
    static func write(_ list: [OrganizationSummary], to bytes: inout FlatArray<UInt8>) {
        bytes.append(varint: list.count)
        var recordedAt: Int64 = 0
        for summary in list {
            bytes.append(varint: summary.organization.count)
            summary.organization.withUnsafeBytes { bytes.append($0) }
            bytes.append(varint: summary.events)
            bytes.append(varint: summary.bytes)
            let oldest = summary.oldestRecordedAt.nanosecondsSinceEpoch
            bytes.append(zigzag: oldest &- recordedAt)
            bytes.append(zigzag: summary.newestRecordedAt.nanosecondsSinceEpoch &- oldest)
            recordedAt = oldest
        }
    }

    /// Nil when the bytes are not such a list.
    static func read(_ bytes: UnsafeRawBufferPointer) -> [OrganizationSummary]? {
        var reader = ByteReader(bytes)
        let count = reader.count()
        guard count <= bytes.count / 5 else { return nil }
        var list: [OrganizationSummary] = []
        list.reserveCapacity(count)
        var recordedAt: Int64 = 0
        for _ in 0..<count {
            let name = Array(reader.slice(reader.count()))
            let events = reader.count()
            let bytes = Int(truncatingIfNeeded: reader.varint())
            let oldest = recordedAt &+ reader.zigzag()
            let newest = oldest &+ reader.zigzag()
            list.append(
                OrganizationSummary(
                    organization: name, events: events, bytes: bytes,
                    oldestRecordedAt: Timestamp(nanosecondsSinceEpoch: oldest),
                    newestRecordedAt: Timestamp(nanosecondsSinceEpoch: newest)))
            recordedAt = oldest
        }
        return reader.isDone ? list : nil
    }
}
