import AuditModel
import EventStore
import TestSupport

extension SegmentModel {
    /// Writes the model's events as one segment.
    func write(
        to disk: any FileSystem, _ resources: SegmentResources? = nil, salt: UInt64 = 0x5EED
    ) throws -> Segment {
        try write(resources ?? SegmentResources(fileSystem: disk), salt: salt)
    }

    func write(_ resources: SegmentResources, salt: UInt64 = 0x5EED) throws -> Segment {
        var writer = try SegmentWriter(
            sequences, recordedAt: events.contains { $0 != nil } ? nil : second(0)...second(1),
            in: "segments", resources, salt: salt, terms: ModelEvent.extractor)
        for (row, event) in live {
            try event.withView(first + Int(row)) { try writer.append($0) }
        }
        return try writer.finish()
    }

    /// The events as the frames of a log: no row may be left out.
    var batches: [EventBatch] {
        var batches: [EventBatch] = []
        var start = 0
        while start < events.count {
            let recordedAt = events[start]!.recordedAt
            var end = start
            while end < events.count, events[end]!.recordedAt == recordedAt { end += 1 }
            batches.append(batch(start..<end))
            start = end
        }
        return batches
    }

    private func batch(_ range: Range<Int>) -> EventBatch {
        var bytes: [UInt8] = []
        var entries: [EventBatch.Entry] = []
        for row in range {
            let event = events[row]!
            let organization = bytes.count
            bytes += event.organization
            let payload = bytes.count
            bytes += event.payload
            entries.append(
                EventBatch.Entry(
                    id: event.id, occurredAt: event.occurredAt,
                    organization: organization..<payload, payload: payload..<bytes.count))
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
        buffer.copyBytes(from: bytes)
        return EventBatch(
            owning: buffer, firstSequence: first + range.lowerBound,
            recordedAt: events[range.lowerBound]!.recordedAt, entries: entries)
    }
}

extension SimulatedDisk {
    /// With a folder for segments.
    static func withSegments() throws -> SimulatedDisk {
        let disk = SimulatedDisk()
        _ = try disk.createDirectory("segments")
        try disk.synchronizeDirectory(".")
        return disk
    }
}

extension SegmentModel {
    /// What differs between an index and this, as a sentence; nil when nothing does.
    func difference(
        to index: any EventIndex, using generator: inout SeededGenerator
    ) throws -> String? {
        guard index.sequences == sequences else { return "sequences are \(index.sequences as Any)" }
        let all = live.map(\.row)
        guard try index.rows().rows == all else { return "rows" }
        if let difference = try organizationDifference(index) { return difference }
        for organization in organizations + [Array("nobody".utf8), []] {
            guard
                try index.rows(of: organization).rows
                    == rows(where: { $0.organization == organization })
            else { return "rows of \(organization)" }
            let some = all.filter { _ in Bool.random(using: &generator) }
            for field: UInt8 in [1, 2, 3, 4, 31] {
                for rows in [nil, all, some, []] {
                    if let difference = try valueDifference(index, organization, field, rows) {
                        return difference
                    }
                }
                if let difference = try termDifference(index, organization, field) {
                    return difference
                }
            }
        }
        return try timeDifference(index, all, using: &generator)
            ?? bucketDifference(to: index, using: &generator)
    }

    private func organizationDifference(_ index: any EventIndex) throws -> String? {
        let expected = organizations.map { organization in
            let own = live.map(\.event).filter { $0.organization == organization }
            return OrganizationSummary(
                organization: organization, events: own.count,
                bytes: own.reduce(0) { $0 + $1.organization.count + $1.payload.count },
                oldestRecordedAt: own.first!.recordedAt, newestRecordedAt: own.last!.recordedAt)
        }
        return try index.organizations() == expected ? nil : "organizations"
    }

    private func valueDifference(
        _ index: any EventIndex, _ organization: [UInt8], _ field: UInt8, _ rows: [Row]?
    ) throws -> String? {
        var found: [ModelEvent.Term: Int] = [:]
        var before: [UInt8] = []
        var isInOrder = true
        try index.visitValues(of: organization, field: field, among: rows.map { RowSet($0) }) {
            let key = Array($0.value) + [0] + Array($0.qualifier)
            isInOrder = isInOrder && precedes(before, key)
            before = key
            found[
                ModelEvent.Term(
                    field: field, value: Array($0.value), qualifier: Array($0.qualifier))] =
                $0.count
            return true
        }
        guard isInOrder else { return "values of field \(field) are not in order" }
        let expected = values(of: organization, field: field, among: rows.map { Set($0) })
        return found == expected ? nil : "values of field \(field) of \(organization)"
    }

    private func termDifference(
        _ index: any EventIndex, _ organization: [UInt8], _ field: UInt8
    ) throws -> String? {
        for term in values(of: organization, field: field).keys {
            for qualifier in [term.qualifier, nil] {
                let expected = rows { event in
                    event.organization == organization
                        && event.terms.contains { other in
                            other.field == field && other.value == term.value
                                && other.qualifier == qualifier ?? other.qualifier
                        }
                }
                let wanted = EventTerm(field: field, value: term.value, qualifier: qualifier)
                guard try index.rows(of: organization, with: wanted).rows == expected else {
                    return "rows of \(wanted)"
                }
            }
        }
        // A part of a value, and one with a qualifier that it does not have.
        for value in ["value", "value-", "value-1000000", ""] {
            for qualifier in [nil, [], Array("TYPE".utf8)] as [[UInt8]?] {
                let wanted = EventTerm(
                    field: field, value: Array(value.utf8), qualifier: qualifier)
                guard try index.rows(of: organization, with: wanted).isEmpty else {
                    return "\(wanted) was found"
                }
            }
        }
        return nil
    }

    private func timeDifference(
        _ index: any EventIndex, _ all: [Row], using generator: inout SeededGenerator
    ) throws -> String? {
        let times = live.map(\.event.occurredAt) + [second(-1000), second(1_000_000)]
        for _ in 0..<40 {
            let range = OccurredRange(
                since: Int.random(in: 0...4, using: &generator) == 0
                    ? nil : times.randomElement(using: &generator),
                until: Int.random(in: 0...4, using: &generator) == 0
                    ? nil : times.randomElement(using: &generator))
            let some = all.filter { _ in Int.random(in: 0...2, using: &generator) > 0 }
            for rows in [all, some] {
                let expected = rows.filter { range.contains(events[Int($0)]!.occurredAt) }
                guard try index.rows(RowSet(rows), occurredIn: range).rows == expected else {
                    return "rows in \(range)"
                }
            }
        }
        for time in live.map(\.event.recordedAt) + [second(-1), second(1_000_000)] {
            let expected = live.first { $0.event.recordedAt >= time }?.row
            guard try index.firstRow(recordedSince: time) == expected else {
                return "first row recorded since \(time)"
            }
            let later = time.advanced(by: .nanoseconds(1))
            let next = live.first { $0.event.recordedAt >= later }?.row
            guard try index.firstRow(recordedSince: later) == next else {
                return "first row recorded since \(later)"
            }
        }
        return nil
    }

    /// What differs between the events of a segment and these; nil when nothing does.
    func eventDifference(to segment: Segment) throws -> String? {
        for (row, event) in events.enumerated() {
            let block = try segment.block(holding: Row(row))
            guard let event else {
                guard block == nil else { return "row \(row) is there" }
                continue
            }
            guard let block, let index = block.index(of: Row(row)) else {
                return "row \(row) is not there"
            }
            guard block.row(at: index) == Row(row) else { return "row \(row) is another one" }
            let isSame = block.withEvent(at: index) { view in
                view.sequence == first + row && event.equals(view)
            }
            guard isSame else { return "event of row \(row)" }
            if let difference = batchDifference(block.batch(around: index), at: row) {
                return difference
            }
            guard try find(event, in: segment) == Row(row) else { return "id of row \(row)" }
        }
        return try segment.block(holding: Row(events.count)) == nil ? nil : "a row behind the end"
    }

    private func find(_ event: ModelEvent, in segment: Segment) throws -> Row? {
        try event.organization.withUnsafeBytes {
            try segment.find(organization: $0, id: event.id)
        }
    }

    private func batchDifference(_ batch: EventBatch, at row: Int) -> String? {
        let sequence = first + row
        guard batch.firstSequence <= sequence, sequence <= batch.lastSequence else {
            return "the batch of row \(row)"
        }
        for index in 0..<batch.count {
            let other = Int(batch.firstSequence.rawValue - first.rawValue) + index
            let isSame = batch.withEvent(at: index) { view in
                view.sequence == first + other && events[other]?.equals(view) ?? false
            }
            guard isSame else { return "event \(index) of the batch of row \(row)" }
        }
        return nil
    }
}
