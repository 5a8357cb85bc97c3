package import AuditModel
internal import Synchronization

/// A range of stored events with one way to find those that are looked for.
package struct SearchPart: Sendable {
    /// Never empty. All of it was committed when the view was taken.
    package let sequences: SequenceRange
    /// Nil where nothing is indexed: the events are to be looked at one by one.
    package let index: (any EventIndex)?
    /// The sequence of the index's row 0.
    let origin: Sequence
    let source: Source

    /// The file that holds the events. Kept alive by the part, so that they can be read to its end
    /// whatever happens to the file's name.
    enum Source: Sendable {
        case log(LogFile)
        case segment(Segment)
    }

    /// Whether its index never changes; a log's grows while it is asked.
    package var isSealed: Bool {
        if case .segment = source { true } else { false }
    }

    package func row(of sequence: Sequence) -> Row { Row(sequence.rawValue - origin.rawValue) }

    package func sequence(of row: Row) -> Sequence { origin + Int(row) }

    /// The rows of a range of its sequences.
    package func rows(of range: SequenceRange) -> Range<Row> {
        row(of: range.first)..<row(of: range.last) + 1
    }

    /// What of it lies in the range; nil when nothing does.
    package func sequences(from first: Sequence, through last: Sequence) -> SequenceRange? {
        let first = max(first, sequences.first)
        let last = min(last, sequences.last)
        return first <= last ? SequenceRange(first: first, last: last) : nil
    }

    /// When its events happened, where that is known without an index.
    package var occurredAt: ClosedRange<Timestamp>? {
        if case .segment(let segment) = source { segment.bounds.occurredAt } else { nil }
    }

    /// False when no event in it can have happened in the range.
    package func mayHold(_ range: OccurredRange) -> Bool {
        if case .segment(let segment) = source { segment.mayHold(range) } else { true }
    }
}

/// What a search looks through, as of one moment: what is recorded, sealed or hidden later changes
/// nothing about it.
package struct SearchView: Sendable {
    /// Oldest first, without overlap; those that a probe has excluded are left out.
    package let parts: [SearchPart]
    /// What is stored and may be shown, with what the probe has excluded; nil when there is nothing.
    package let sequences: SequenceRange?
    package let visibility: Visibility
    /// No index knows of them, and they may have matched.
    package let lost: LostRanges
}

extension EventStore {
    /// What is stored and shown now. Indexes the newest events first when they are few: for threads
    /// that may wait for the disk.
    ///
    /// - Parameter probe: leaves out segments in which nothing matches; reads their filters the first
    ///   time.
    package func searchView(for probe: SearchProbe? = nil) -> SearchView {
        indexNewest()
        let (stored, head, visibility) = published.withLock {
            ($0.parts, $0.head, $0.retention.visibility)
        }
        let parts = searchParts(of: stored, through: head, visibility, probe)
        // The table of filters in it points to what its parts hold.
        withExtendedLifetime(stored) {}
        let first = max(stored.firstSequence, visibility.lowestFloor)
        return SearchView(
            parts: parts,
            sequences: first <= head ? SequenceRange(first: first, last: head) : nil,
            visibility: visibility, lost: lost)
    }

    /// What may hold events of an organization, hidden ones too.
    func searchParts(of organization: [UInt8]) -> [SearchPart] {
        indexNewest()
        let (stored, head, plan) = published.withLock {
            ($0.parts, $0.head, $0.retention.visibility.plan)
        }
        let parts = searchParts(
            of: stored, through: head, Visibility(plan, oldest: stored.firstSequence),
            SearchProbe(organization: organization, fields: []))
        withExtendedLifetime(stored) {}
        return parts
    }

    /// Without those that the probe excludes.
    private func searchParts(
        of stored: StoreParts, through head: Sequence, _ visibility: Visibility,
        _ probe: SearchProbe?
    ) -> [SearchPart] {
        var parts: [SearchPart] = []
        var hasReadFilters = false
        withPlaces(in: stored, probe) { place in
            switch stored.all[place] {
            case .sealed(let segment):
                guard segment.bounds.sequences.last >= visibility.lowestFloor else { return }
                let isExcluded = isExcluded(segment, by: probe)
                hasReadFilters =
                    hasReadFilters || stored.probes.isBehind(stored.all[place], at: place)
                if !isExcluded {
                    parts.append(SearchPart(segment, isIndexed: isIndexed(segment)))
                }
            case .log(let log):
                // A frame is in its log a moment before it is the head.
                let last = min(log.extent.lastSequence, head)
                guard last >= max(log.header.firstSequence, visibility.lowestFloor) else { return }
                parts += log.searchParts(through: last)
            }
        }
        if hasReadFilters { published.withLock { $0.parts.noteFilters() } }
        return parts
    }

    /// Calls `body` with the places of the parts that a glance does not exclude.
    private func withPlaces(
        in stored: StoreParts, _ probe: SearchProbe?, _ body: (Int) -> Void
    ) {
        // No filter knows of what was lost.
        guard let probe, lost.isEmpty else { return stored.all.indices.forEach(body) }
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: stored.all.count) { places in
            let count = stored.probes.find(
                probe, termsVersion: configuration.terms.version, to: places)
            for place in places[..<count] { body(Int(place)) }
        }
    }

    /// The filter of an outdated index knows no more than that, and no filter of what was lost.
    private func isExcluded(_ segment: Segment, by probe: SearchProbe?) -> Bool {
        guard let probe, isIndexed(segment), !probe.mayMatch(segment) else { return false }
        return lost.isEmpty || lost.overlapping(segment.bounds.sequences).isEmpty
    }
}

extension SearchPart {
    fileprivate init(sequences: SequenceRange, index: ActiveIndex?, of log: LogFile) {
        self.sequences = sequences
        self.index = index
        origin = log.header.firstSequence
        source = .log(log)
    }

    fileprivate init(_ segment: Segment, isIndexed: Bool) {
        sequences = segment.bounds.sequences
        index = isIndexed ? segment : nil
        origin = sequences.first
        source = .segment(segment)
    }
}

extension LogFile {
    /// What is indexed and what is not; `last` is in the log.
    func searchParts(through last: Sequence) -> [SearchPart] {
        var parts: [SearchPart] = []
        var next = header.firstSequence
        if let (index, indexed) = index.indexed {
            let end = min(indexed.last, last)
            parts.append(part(SequenceRange(first: next, last: end), index))
            next = end.next
        }
        if next <= last { parts.append(part(SequenceRange(first: next, last: last), nil)) }
        return parts
    }

    private func part(_ sequences: SequenceRange, _ index: ActiveIndex?) -> SearchPart {
        SearchPart(sequences: sequences, index: index, of: self)
    }
}
