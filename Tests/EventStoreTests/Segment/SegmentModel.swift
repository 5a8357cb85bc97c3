import AuditModel
import EventStore
import TestSupport

/// An event of the tests. Its payload says which terms it has, so that the extractor of the tests
/// needs no other encoding: see `write`.
struct ModelEvent: Hashable {
    struct Term: Hashable {
        var field: UInt8
        var value: [UInt8]
        var qualifier: [UInt8]
    }

    var organization: [UInt8]
    var id: EventID
    var recordedAt: Timestamp
    var occurredAt: Timestamp
    var terms: [Term]
    /// Before the terms: whatever a payload may begin with.
    var head: [UInt8]
    var tail: [UInt8]

    /// The terms between head and tail, each as field, lengths and bytes.
    var payload: [UInt8] {
        var bytes = [UInt8(head.count)] + head
        for term in terms {
            bytes += [term.field, UInt8(term.value.count), UInt8(term.qualifier.count)]
            bytes += term.value + term.qualifier
        }
        return bytes + [0] + tail
    }

    /// Reports the terms of such a payload.
    static let extractor = TermExtractor(version: 1) { event, report in
        let payload = event.payload
        guard let head = payload.first else { return }
        var offset = 1 + Int(head)
        while offset + 3 <= payload.count, payload[offset] != 0 {
            let value = offset + 3
            let qualifier = value + Int(payload[offset + 1])
            let end = qualifier + Int(payload[offset + 2])
            guard end <= payload.count else { return }
            report(
                payload[offset], UnsafeRawBufferPointer(rebasing: payload[value..<qualifier]),
                UnsafeRawBufferPointer(rebasing: payload[qualifier..<end]))
            offset = end
        }
    }

    func withView<Result>(_ sequence: Sequence, _ body: (EventView) throws -> Result) rethrows
        -> Result
    {
        let payload = payload
        return try organization.withUnsafeBytes { organization in
            try payload.withUnsafeBytes { payload in
                try body(
                    EventView(
                        sequence: sequence, recordedAt: recordedAt, occurredAt: occurredAt, id: id,
                        organization: organization, payload: payload))
            }
        }
    }

    /// As a view shows it; nil for one that has other bytes than it should.
    func equals(_ view: EventView) -> Bool {
        view.id == id && view.recordedAt == recordedAt && view.occurredAt == occurredAt
            && view.organization.elementsEqual(organization) && view.payload.elementsEqual(payload)
    }
}

/// What a range of events must answer, from plain arrays: the oracle of segments and of the active
/// index.
struct SegmentModel {
    let first: Sequence
    /// By row; nil where retention left it out.
    var events: [ModelEvent?]

    var sequences: SequenceRange {
        SequenceRange(first: first, last: first + (events.count - 1))
    }

    var live: [(row: Row, event: ModelEvent)] {
        events.enumerated().compactMap { row, event in event.map { (Row(row), $0) } }
    }

    var organizations: [[UInt8]] { Array(Set(live.map(\.event.organization))).sorted(by: precedes) }

    func rows(where matches: (ModelEvent) -> Bool) -> [Row] {
        live.filter { matches($0.event) }.map(\.row)
    }

    /// The values of a field, as `visitValues` gives them.
    func values(
        of organization: [UInt8], field: UInt8, among rows: Set<Row>? = nil
    ) -> [ModelEvent.Term: Int] {
        var counts: [ModelEvent.Term: Int] = [:]
        for (row, event) in live
        where event.organization == organization && rows?.contains(row) ?? true {
            for term in Set(event.terms) where term.field == field { counts[term, default: 0] += 1 }
        }
        return counts
    }
}

func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool { left.lexicographicallyPrecedes(right) }

extension SegmentModel {
    /// What random events are like.
    struct Shape {
        var organizations = 4
        /// Distinct values of a field.
        var values = 12
        var payloadBytesMax = 120
        /// What divides every occurred_at, in nanoseconds.
        var occurredUnit: Int64 = 1
        /// Events of one recorded_at.
        var frameEventsMax = 5
        /// The part of the rows that retention left out.
        var holes = 0.0
    }

    static func random(
        count: Int, _ shape: Shape = Shape(), using generator: inout SeededGenerator
    ) -> SegmentModel {
        var events: [ModelEvent?] = []
        var recordedAt = second(0)
        var left = 0
        for _ in 0..<count {
            if left == 0 {
                left = Int.random(in: 1...shape.frameEventsMax, using: &generator)
                recordedAt = recordedAt.advanced(
                    by: .nanoseconds(Int64.random(in: 0...2_000_000, using: &generator)))
            }
            left -= 1
            let event = ModelEvent.random(shape, recordedAt: recordedAt, using: &generator)
            let isGone = Double.random(in: 0..<1, using: &generator) < shape.holes
            events.append(isGone ? nil : event)
        }
        return SegmentModel(first: Sequence(1 + generator.next() % 1_000_000), events: events)
    }
}

extension ModelEvent {
    fileprivate static func random(
        _ shape: SegmentModel.Shape, recordedAt: Timestamp, using generator: inout SeededGenerator
    ) -> ModelEvent {
        // Squares prefer the first: some organizations and values are common, most are rare.
        func skewed(_ count: Int) -> Int {
            let chance = Double.random(in: 0..<1, using: &generator)
            return Int(chance * chance * Double(count))
        }
        var terms: [Term] = []
        for field: UInt8 in [1, 2, 3, 31] where skewed(10) < 7 {
            for _ in 0...skewed(3) {
                let number = skewed(shape.values * Int(field))
                terms.append(
                    Term(
                        field: field, value: Array("value-\(number)".utf8),
                        qualifier: field == 2 ? Array("TYPE_\(number % 3)".utf8) : []))
            }
        }
        let id = EventID(high: generator.next(), low: generator.next())
        let organization = Array("organization-\(skewed(shape.organizations))".utf8)
        var head: [UInt8] = []
        if skewed(2) == 0 { head = Array("\(id)".utf8) + organization }
        let late = Int64.random(in: -50_000_000...2_000_000, using: &generator)
        let time = recordedAt.nanosecondsSinceEpoch + late
        return ModelEvent(
            organization: organization, id: id, recordedAt: recordedAt,
            occurredAt: Timestamp(
                nanosecondsSinceEpoch: time / shape.occurredUnit * shape.occurredUnit),
            terms: terms, head: head,
            tail: generator.bytes(Int.random(in: 0...shape.payloadBytesMax, using: &generator)))
    }
}
