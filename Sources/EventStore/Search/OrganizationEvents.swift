package import AuditModel

/// The events of one organization in the order of the log: finds single ones by their place or by a number
/// that grows along them. Those too that retention hides, as long as no sweep has removed them.
///
/// As of one moment, and used by one thread, which may wait for the disk.
package struct OrganizationEvents: ~Copyable {
    private let organization: [UInt8]
    /// Oldest first.
    private let parts: [SearchPart]
    private var reader: EventReader
    /// Of the parts that were asked: those of the organization.
    private var known: [Int: Known] = [:]

    private struct Known {
        var rows: RowSet
        /// Where each event had to be looked at and could not be: there may be more. In order.
        var damage: [StoreError] = []
    }

    package init(of organization: [UInt8], in store: EventStore) {
        self.organization = organization
        parts = store.searchParts(of: organization)
        reader = EventReader(store)
    }

    /// The last event that lies at `place` or before it; nil when there is none.
    ///
    /// Throws `damaged`, with the sequences that cannot be read, when it may be among them, or
    /// `inputOutput`.
    package mutating func last<Result>(
        through place: Sequence = Sequence(.max), _ body: (EventView) -> Result
    ) throws(StoreError) -> Result? {
        for number in parts.indices.reversed() {
            guard let range = parts[number].sequences(from: .zero, through: place) else { continue }
            let known = try known(of: number)
            let damage = known.damage.last {
                $0.damage.map { $0.sequences.first <= place } ?? false
            }
            var rows = known.rows.walkBackward(from: parts[number].row(of: range.last))
            while let row = rows.next() {
                if let damage, damage.reaches(beyond: parts[number].sequence(of: row)) {
                    throw damage
                }
                if let found = try read(row, of: number, body) { return found }
            }
            if let damage { throw damage }
        }
        return nil
    }

    /// The first event that lies at `place` or behind it; otherwise as `last`.
    package mutating func first<Result>(
        from place: Sequence, _ body: (EventView) -> Result
    ) throws(StoreError) -> Result? {
        for number in parts.indices {
            guard let range = parts[number].sequences(from: place, through: Sequence(.max))
            else { continue }
            let known = try known(of: number)
            let damage = known.damage.first {
                $0.damage.map { $0.sequences.last >= place } ?? false
            }
            var rows = known.rows.walk(from: parts[number].row(of: range.first))
            while let row = rows.next() {
                if let damage, damage.begins(before: parts[number].sequence(of: row)) {
                    throw damage
                }
                if let found = try read(row, of: number, body) { return found }
            }
            if let damage { throw damage }
        }
        return nil
    }

    /// How many events lie in these places, whether they can be read or not; nil where not even that can be told.
    package mutating func count(_ places: Range<Sequence>) throws(StoreError) -> Int? {
        guard !places.isEmpty else { return 0 }
        var count = 0
        for number in parts.indices {
            let part = parts[number]
            guard
                let range = part.sequences(
                    from: places.lowerBound, through: places.upperBound.previous)
            else { continue }
            let known = try known(of: number)
            let isDamaged = known.damage.contains { error in
                error.damage.map {
                    $0.sequences.first <= range.last && $0.sequences.last >= range.first
                } ?? false
            }
            guard !isDamaged else { return nil }
            let rows = part.rows(of: range)
            count +=
                known.rows.count(below: rows.upperBound) - known.rows.count(below: rows.lowerBound)
        }
        return count
    }

    /// An event and a number of it that grows from one event of the organization to the next.
    package struct Numbered: Hashable, Sendable {
        package var number: UInt64
        /// Where it lies.
        package var sequence: Sequence
    }

    /// The first event whose number is at least `least`; nil when there is none. Events that cannot be read
    /// are passed over.
    ///
    /// Where the numbers leave none out it reads one event of each of a few parts, and that one.
    package mutating func first(
        numberedFrom least: UInt64, _ number: (EventView) -> UInt64
    ) throws(StoreError) -> Numbered? {
        // The last part that begins at the number or before it.
        var (low, high) = (0, parts.count)
        var start: (part: Int, first: Numbered, rank: Int)?
        while low < high {
            let middle = low + (high - low) / 2
            guard let found = try first(in: middle..<high, number) else {
                high = middle
                continue
            }
            if found.first.number <= least {
                start = found
                low = found.part + 1
            } else {
                high = middle
            }
        }
        guard let start else { return try first(in: parts.indices, number)?.first }
        if let found = try first(numberedFrom: least, behind: start, number) { return found }
        return try first(in: start.part + 1..<parts.count, number)?.first
    }

    /// The first event of these parts that can be read, and its rank in its part.
    private mutating func first(
        in range: Range<Int>, _ number: (EventView) -> UInt64
    ) throws(StoreError) -> (part: Int, first: Numbered, rank: Int)? {
        for part in range {
            let rows = try rows(of: part)
            guard !rows.isEmpty else { continue }
            if let (found, rank) = try first(in: 0..<rows.count, of: part, number) {
                return (part, found, rank)
            }
        }
        return nil
    }

    /// Likewise in the part of that event, which is numbered `least` or before.
    private mutating func first(
        numberedFrom least: UInt64, behind start: (part: Int, first: Numbered, rank: Int),
        _ number: (EventView) -> UInt64
    ) throws(StoreError) -> Numbered? {
        let count = try rows(of: start.part).count
        var (low, high) = (start.rank, count)
        var result: Numbered?
        // The numbers are usually dense.
        var guess = Int(clamping: least - start.first.number).addingClamped(start.rank)
        while low < high {
            let middle = min(max(guess, low), high - 1)
            guard let (found, rank) = try first(in: middle..<high, of: start.part, number) else {
                high = middle
                guess = low + (high - low) / 2
                continue
            }
            if found.number == least { return found }
            if found.number > least {
                result = found
                high = middle
            } else {
                low = rank + 1
            }
            guess = low + (high - low) / 2
        }
        return result
    }

    /// The first event of these ranks of a part that can be read.
    private mutating func first(
        in ranks: Range<Int>, of part: Int, _ number: (EventView) -> UInt64
    ) throws(StoreError) -> (Numbered, rank: Int)? {
        let rows = try rows(of: part)
        var rank = ranks.lowerBound
        while rank < ranks.upperBound, let row = rows.row(at: rank) {
            do throws(StoreError) {
                let found = try read(row, of: part) {
                    Numbered(number: number($0), sequence: $0.sequence)
                }
                if let found { return (found, rank) }
                rank += 1
            } catch {
                guard let damage = error.damage?.sequences else { throw error }
                let behind = parts[part].sequences(from: damage.last.next, through: Sequence(.max))
                guard let behind else { return nil }
                rank = max(rank + 1, rows.count(below: parts[part].row(of: behind.first)))
            }
        }
        return nil
    }

    private mutating func read<Result>(
        _ row: Row, of number: Int, _ body: (EventView) -> Result
    ) throws(StoreError) -> Result? {
        try reader.withEvent(parts[number].sequence(of: row), of: parts[number], body)
    }

    private mutating func rows(of number: Int) throws(StoreError) -> RowSet {
        try known(of: number).rows
    }

    private mutating func known(of number: Int) throws(StoreError) -> Known {
        if let known = known[number] { return known }
        let part = parts[number]
        let found: Known
        // When the index is damaged, the events may still be whole.
        if let indexed = try? part.rows(of: organization) {
            found = Known(rows: indexed)
        } else {
            found = try scan(part)
        }
        known[number] = found
        return found
    }

    private mutating func scan(_ part: SearchPart) throws(StoreError) -> Known {
        var rows: [Row] = []
        var damage: [StoreError] = []
        var next = part.sequences.first
        while next <= part.sequences.last {
            do throws(StoreError) {
                let isOwn = try reader.withEvent(next, of: part) {
                    $0.organization.elementsEqual(organization)
                }
                if isOwn == true { rows.append(part.row(of: next)) }
                next = next.next
            } catch {
                guard let damaged = error.damage?.sequences else { throw error }
                damage.append(error)
                next = max(next, damaged.last).next
            }
        }
        return Known(rows: RowSet(rows), damage: damage)
    }
}

extension StoreError {
    fileprivate func reaches(beyond sequence: Sequence) -> Bool {
        damage.map { $0.sequences.last > sequence } ?? false
    }

    fileprivate func begins(before sequence: Sequence) -> Bool {
        damage.map { $0.sequences.first < sequence } ?? false
    }
}

extension SearchPart {
    /// The rows of an organization, whatever terms the part is indexed by; nil where nothing is indexed.
    fileprivate func rows(of organization: [UInt8]) throws(StoreError) -> RowSet? {
        if case .segment(let segment) = source { return try segment.rows(of: organization) }
        // The index of a log may have grown since.
        return try index?.rows(of: organization).intersection(rows(of: sequences))
    }
}

extension Int {
    fileprivate func addingClamped(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
