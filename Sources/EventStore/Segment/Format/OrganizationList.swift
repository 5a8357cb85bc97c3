import AuditModel

/// The organizations of a segment: what each has there, and what retention took of each.
struct OrganizationList: Equatable {
    /// In ascending order of their bytes; those that have events.
    var summaries: [OrganizationSummary]
    /// Likewise; those of which events were left out when the segment was written anew.
    var removals: [Removal]

    /// All events that the organization had in rows below `end` are gone, the one before it at least.
    struct Removal: Equatable {
        var organization: [UInt8]
        var end: Row
    }

    func write(to bytes: inout FlatArray<UInt8>) {
        bytes.append(varint: summaries.count)
        var recordedAt: Int64 = 0
        for summary in summaries {
            OrganizationList.write(summary.organization, to: &bytes)
            bytes.append(varint: summary.events)
            bytes.append(varint: summary.bytes)
            let oldest = summary.oldestRecordedAt.nanosecondsSinceEpoch
            bytes.append(zigzag: oldest &- recordedAt)
            bytes.append(zigzag: summary.newestRecordedAt.nanosecondsSinceEpoch &- oldest)
            recordedAt = oldest
        }
        // Absent where there are none, as it is in segments that were never written anew.
        guard !removals.isEmpty else { return }
        bytes.append(varint: removals.count)
        for removal in removals {
            OrganizationList.write(removal.organization, to: &bytes)
            bytes.append(varint: Int(removal.end))
        }
    }

    private static func write(_ name: [UInt8], to bytes: inout FlatArray<UInt8>) {
        bytes.append(varint: name.count)
        name.withUnsafeBytes { bytes.append($0) }
    }
}

extension OrganizationList {
    /// Nil when the bytes are not such a list.
    init?(_ bytes: UnsafeRawBufferPointer) {
        var reader = ByteReader(bytes)
        summaries = []
        removals = []
        let count = reader.count()
        guard count <= bytes.count / 5 else { return nil }
        summaries.reserveCapacity(count)
        var recordedAt: Int64 = 0
        for _ in 0..<count {
            let summary = OrganizationList.readSummary(&reader, after: recordedAt)
            recordedAt = summary.oldestRecordedAt.nanosecondsSinceEpoch
            summaries.append(summary)
        }
        if reader.isValid, !reader.isAtEnd {
            let count = reader.count()
            guard count <= bytes.count / 2 else { return nil }
            removals.reserveCapacity(count)
            for _ in 0..<count {
                let name = Array(reader.slice(reader.count()))
                removals.append(Removal(organization: name, end: Row(reader.count())))
            }
        }
        guard reader.isDone else { return nil }
    }

    private static func readSummary(
        _ reader: inout ByteReader, after recordedAt: Int64
    ) -> OrganizationSummary {
        let name = Array(reader.slice(reader.count()))
        let events = reader.count()
        let bytes = Int(truncatingIfNeeded: reader.varint())
        let oldest = recordedAt &+ reader.zigzag()
        let newest = oldest &+ reader.zigzag()
        return OrganizationSummary(
            organization: name, events: events, bytes: bytes,
            oldestRecordedAt: Timestamp(nanosecondsSinceEpoch: oldest),
            newestRecordedAt: Timestamp(nanosecondsSinceEpoch: newest))
    }

    /// In bytes.
    var residentBytes: Int {
        summaries.reduce(0) { $0 + $1.organization.count + 96 }
            + removals.reduce(0) { $0 + $1.organization.count + 64 }
    }
}
