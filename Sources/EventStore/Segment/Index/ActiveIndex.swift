package import AuditModel
internal import Synchronization

/// The index of events that are still in the log: follows the committed frames on a thread of its
/// own and answers as a sealed segment does, from memory: about 150 bytes an event.
package final class ActiveIndex: EventIndex {
    private let state: Mutex<State>

    private struct State {
        let builder: IndexBuilder
        var isFrozen = false
    }

    /// - Parameters:
    ///   - first: of the log.
    ///   - secret: random: nobody who sends events may know which values collide.
    package init(first: Sequence, secret: UInt64, terms: TermExtractor) {
        state = Mutex(State(builder: IndexBuilder(first: first, secret: secret, terms: terms)))
    }

    /// Adds the events of the next frame, which begins right behind the one before; called by one
    /// thread at a time. Readers wait at most for `Limits.indexedEventsPerLock` events: they may see
    /// a part of a frame.
    package func add(_ batch: EventBatch) {
        for start in stride(from: 0, to: batch.count, by: Limits.indexedEventsPerLock) {
            let end = min(start + Limits.indexedEventsPerLock, batch.count)
            state.withLock { state in
                precondition(!state.isFrozen, "a log that is being sealed gets no more events")
                for number in start..<end {
                    batch.withEvent(at: number) { state.builder.add($0) }
                }
            }
        }
    }

    /// The builder, which nothing changes from now on, for the thread that seals.
    func freeze() -> IndexBuilder {
        state.withLock { state in
            state.isFrozen = true
            return state.builder
        }
    }

    private func read<Result>(_ body: (IndexBuilder) -> Result) -> Result {
        state.withLock { body($0.builder) }
    }

    /// In bytes.
    package var residentBytes: Int { read(\.residentBytes) }

    package var sequences: SequenceRange? {
        read { builder in
            builder.lastRow.map { last in
                SequenceRange(first: builder.first, last: builder.first + Int(last))
            }
        }
    }

    package func rows() -> RowSet { read { RowSet(0..<Row($0.count)) } }

    package func rows(of organization: [UInt8]) -> RowSet {
        read { builder in
            guard let number = builder.organization(organization) else { return .empty }
            return builder.rowSet(of: builder.rowTerm(of: number))
        }
    }

    package func rows(of organization: [UInt8], with term: EventTerm) -> RowSet {
        read { builder in
            guard let number = builder.organization(organization) else { return .empty }
            guard let qualifier = term.qualifier else {
                return RowSet.union(of: builder.rowSets(of: number, term.field, term.value))
            }
            let found = term.value.withUnsafeBytes { value in
                qualifier.withUnsafeBytes { qualifier in
                    builder.terms.find(
                        organization: UInt32(number), field: term.field, value: value,
                        qualifier: qualifier)
                }
            }
            return found.map { builder.rowSet(of: $0) } ?? .empty
        }
    }

    package func rows(_ rows: RowSet, occurredIn range: OccurredRange) -> RowSet {
        read { builder in
            var found: [Row] = []
            var walk = rows.walk()
            while let row = walk.next(), Int(row) < builder.count {
                let time = Timestamp(nanosecondsSinceEpoch: builder.occurred[Int(row)])
                if range.contains(time) { found.append(row) }
            }
            return RowSet(found)
        }
    }

    package func visitValues(
        of organization: [UInt8], field: UInt8, among rows: RowSet?, _ body: (ValueCount) -> Bool
    ) {
        read { builder in
            let mask = rows.map { EventMask($0, events: builder.count) }
            builder.visitValues(of: organization, field: field) { term, value, qualifier in
                let count = mask?.count(term, builder) ?? Int(builder.terms.terms[term].events)
                guard count > 0 else { return true }
                return body(ValueCount(value: value, qualifier: qualifier, count: count))
            }
        }
    }

    package func leastOccurred(of rows: RowSet) -> Timestamp? {
        read { builder in
            var least: Int64?
            var walk = rows.walk()
            while let row = walk.next(), Int(row) < builder.count {
                let time = builder.occurred[Int(row)]
                least = min(least ?? time, time)
            }
            return least.map(Timestamp.init(nanosecondsSinceEpoch:))
        }
    }

    package func buckets(
        of rows: RowSet, in grid: BucketGrid
    ) throws(StoreError) -> RowBuckets {
        let end = rows.last.map { Int($0) + 1 } ?? 0
        return try RowBuckets(below: end, of: grid) { numbers in
            var finder = BucketFinder(grid)
            read { builder in
                var walk = rows.walk()
                while let row = walk.next(), Int(row) < builder.count {
                    numbers[Int(row)] = finder.find(builder.occurred[Int(row)])
                }
            }
        }
    }

    package func visitValues(
        of organization: [UInt8], field: UInt8, among rows: RowSet?, in buckets: RowBuckets,
        _ body: (ValueBuckets) -> Bool
    ) {
        guard let numbers = buckets.numbers else {
            return visitValues(of: organization, field: field, among: rows) { $0.inOneBucket(body) }
        }
        read { builder in
            var counter = BucketCounter(buckets, numbers)
            builder.visitValues(of: organization, field: field) { term, value, qualifier in
                builder.terms.visitEvents(of: term) { counter.add($0) }
                return counter.finish(value, qualifier, body)
            }
        }
    }

    package func organizations() -> [OrganizationSummary] { read { $0.organizations.summaries } }

    package func firstRow(recordedSince time: Timestamp) -> Row? {
        read { builder in
            let frames = builder.recorded.elements
            var low = 0
            var high = frames.count
            while low < high {
                let middle = (low + high) / 2
                if frames[middle].time >= time.nanosecondsSinceEpoch {
                    high = middle
                } else {
                    low = middle + 1
                }
            }
            return low < frames.count ? Row(frames[low].event) : nil
        }
    }
}

extension IndexBuilder {
    fileprivate func organization(_ name: [UInt8]) -> Int? {
        name.withUnsafeBytes { organizations.find($0) }
    }

    /// Visits the terms of a field in an organization with their values and qualifiers, in ascending order of
    /// these, until `body` returns false.
    fileprivate func visitValues(
        of organization: [UInt8], field: UInt8,
        _ body: (Int, UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool
    ) {
        guard let number = self.organization(organization) else { return }
        var found: [Int] = []
        visitTerms(of: number, field: field) { found.append($0) }
        found.sort { terms.key(of: $0).compare(terms.key(of: $1)) < 0 }
        for term in found {
            guard let (value, qualifier) = TermKey.split(terms.key(of: term)) else {
                preconditionFailure("a key holds the zero byte behind its value")
            }
            guard body(term, value, qualifier) else { return }
        }
    }

    /// Of the terms of a value with any qualifier.
    fileprivate func rowSets(of organization: Int, _ field: UInt8, _ value: [UInt8]) -> [RowSet] {
        guard field < Limits.termFields else { return [] }
        var sets: [RowSet] = []
        visitTerms(of: organization, field: field) { term in
            let key = terms.key(of: term)
            let valueBytes = Int(terms.terms[term].valueBytes)
            let own = UnsafeRawBufferPointer(rebasing: key[..<valueBytes])
            if value.withUnsafeBytes({ own.equals($0) }) { sets.append(rowSet(of: term)) }
        }
        return sets
    }
}

/// A set of rows as a bit for each event of the active log, whose rows have no holes.
private struct EventMask {
    private var words: [UInt64]

    init(_ rows: RowSet, events: Int) {
        words = [UInt64](repeating: 0, count: (events + 63) / 64)
        var walk = rows.walk()
        while let row = walk.next(), Int(row) < events {
            words[Int(row >> 6)] |= 1 << UInt64(row & 63)
        }
    }

    func count(_ term: Int, _ builder: IndexBuilder) -> Int {
        var count = 0
        builder.terms.visitEvents(of: term) { event in
            count += Int(words[Int(event >> 6)] >> UInt64(event & 63) & 1)
        }
        return count
    }
}
