import AuditModel
import EventStore

/// Between the places of the log and the sequences that one reader sees: those of his organization, or the
/// places themselves for who reads all organizations.
///
/// For threads that may wait for the disk.
struct ReaderSequences {
    let store: EventStore
    let book: SequenceBook
    /// Nil for all.
    let organization: [UInt8]?

    /// The sequence that an event is given instead of its own; nil where it keeps that.
    func replacement(for event: EventView) -> Sequence? {
        organization == nil ? event.sequence : nil
    }

    /// What the reader sees as the sequence of an event.
    func sequence(of event: EventView) -> Sequence {
        organization == nil ? event.sequence : event.ownSequence
    }

    // MARK: From places to sequences

    /// The newest sequence.
    func newest() throws(ServiceError) -> Sequence {
        try reading { () throws(StoreError) in
            guard let organization else { return store.bounds.head }
            return try book.newest(of: organization).sequence
        }
    }

    /// Of the first event that is shown when retention begins at `floor`; behind the newest when there is none.
    func oldest(from floor: Sequence) throws(ServiceError) -> Sequence {
        try reading { () throws(StoreError) in
            guard let organization else { return floor }
            return try book.oldest(of: organization, from: floor)
        }
    }

    /// Of the last event at `place` or before it: everything through it lies there or is gone.
    func sequence(through place: Sequence) throws(ServiceError) -> Sequence {
        try reading { () throws(StoreError) in
            guard let organization else { return place }
            let newest = try book.newest(of: organization)
            guard newest.place > place else { return newest.sequence }
            if let found = try last(through: place, { $0.ownSequence }) { return found }
            // All that can be read are behind it.
            return try first(from: place.next)?.sequence.previous ?? newest.sequence
        }
    }

    /// Of the first event at `place` or behind it, be it one that cannot be read; the one after the newest when there
    /// is none.
    func sequence(from place: Sequence) throws(ServiceError) -> Sequence {
        try reading { () throws(StoreError) in
            guard let organization else { return place }
            let newest = try book.newest(of: organization)
            guard newest.place >= place else { return newest.sequence.next }
            if let known = book.knownOldest(of: organization, from: place) { return known }
            return try first(from: place)?.sequence ?? newest.sequence.next
        }
    }

    /// Of the oldest event that a count looked at, which begins with the newest; zero when it looked at none.
    ///
    /// - Parameter oldest: where it ends.
    func scanned(through place: Sequence?, of oldest: Sequence) throws(ServiceError) -> Sequence {
        guard let place else { return .zero }
        return place == oldest ? try self.oldest(from: oldest) : try sequence(from: place)
    }

    /// What is missing where those places cannot be read, in the reader's sequences; nil when nothing of his is.
    func missing(_ places: SequenceRange) throws(ServiceError) -> SequenceRange? {
        guard let organization else { return places }
        return try reading { () throws(StoreError) in
            let newest = try book.newest(of: organization)
            let behind = try firstReadable(from: places.last.next)?.sequence ?? newest.sequence.next
            let first: Sequence
            if let before = try last(through: places.first.previous, { $0.ownSequence }) {
                first = before.next
            } else if store.lost.overlapping(places).isEmpty {
                first = try self.first(from: places.first)?.sequence ?? newest.sequence.next
            } else {
                // No index knows whose they were.
                let most = places.last.rawValue - places.first.rawValue + 1
                first = Sequence(behind.rawValue - min(behind.rawValue - 1, most))
            }
            return first < behind ? SequenceRange(first: first, last: behind.previous) : nil
        }
    }

    func missing(_ places: [SequenceRange]) throws(ServiceError) -> [SequenceRange] {
        var missing: [SequenceRange] = []
        for range in places {
            if let range = try self.missing(range), range != missing.last { missing.append(range) }
        }
        return missing
    }

    /// The first event of the organization at `place` or behind it: the sequence of the first that is there, the place
    /// of the first that can be read, and how many that cannot lie before that one.
    func first(
        from place: Sequence
    ) throws(StoreError) -> (sequence: Sequence, place: Sequence, unread: UInt64)? {
        guard let organization else { return (place, place, 0) }
        let newest = try book.newest(of: organization)
        let found = try firstReadable(from: place)
        let (sequence, end) = found ?? (newest.sequence.next, newest.place.next)
        var unread: UInt64 = 0
        if place < end {
            var events = OrganizationEvents(of: organization, in: store)
            // Where not even the index says whose they are, any may be.
            unread = try events.count(place..<end).map(UInt64.init) ?? end.rawValue - place.rawValue
        }
        guard found != nil || unread > 0 else { return nil }
        return (Sequence(sequence.rawValue - min(sequence.rawValue - 1, unread)), end, unread)
    }

    private func firstReadable(
        from place: Sequence
    ) throws(StoreError) -> (sequence: Sequence, place: Sequence)? {
        guard let organization else { return (place, place) }
        var start = place
        while true {
            do throws(StoreError) {
                var events = OrganizationEvents(of: organization, in: store)
                return try events.first(from: start) { ($0.ownSequence, $0.sequence) }
            } catch {
                guard let damaged = error.damage?.sequences else { throw error }
                start = max(start, damaged.last).next
            }
        }
    }

    /// The sequence of the last event at `place` or before it that can be read; nil when there is none.
    func lastSequence(through place: Sequence) throws(ServiceError) -> Sequence? {
        try reading { () throws(StoreError) in try last(through: place) { $0.ownSequence } }
    }

    /// Its place likewise.
    func last(through place: Sequence) throws(ServiceError) -> Sequence? {
        try reading { () throws(StoreError) in try last(through: place) { $0.sequence } }
    }

    private func last<Result>(
        through place: Sequence, _ body: (EventView) -> Result
    ) throws(StoreError) -> Result? {
        guard let organization else { return nil }
        var last = place
        while true {
            do throws(StoreError) {
                var events = OrganizationEvents(of: organization, in: store)
                return try events.last(through: last, body)
            } catch {
                guard let damaged = error.damage?.sequences else { throw error }
                last = min(last, damaged.first).previous
            }
        }
    }

    // MARK: From sequences to places

    /// The event with the sequence, or the first behind it; nil when there is none.
    func event(
        from sequence: Sequence
    ) throws(ServiceError) -> (sequence: Sequence, place: Sequence)? {
        guard let organization else { return (sequence, sequence) }
        let newest = try reading { () throws(StoreError) in try book.newest(of: organization) }
        guard sequence <= newest.sequence else { return nil }
        let found = try reading { () throws(StoreError) in
            var events = OrganizationEvents(of: organization, in: store)
            return try events.first(numberedFrom: sequence.rawValue) { $0.ownSequence.rawValue }
        }
        return found.map { (Sequence($0.number), $0.sequence) }
    }

    /// Where a walk goes on at a place: the sequence of its next event, and no distance. Nil when nothing is left.
    ///
    /// Where it may come to events that cannot be read before that, no sequence says where they lie: then that of the
    /// last one it has passed that can be read, and the distance of the place from there. Zero stands for the
    /// beginning of the log, where there is none.
    func next(
        at place: Sequence, isForward: Bool
    ) throws(ServiceError) -> (sequence: Sequence, offset: UInt64)? {
        guard let organization else { return (place, 0) }
        return try reading { () throws(StoreError) in
            let newest = try book.newest(of: organization)
            let ahead: (sequence: Sequence, place: Sequence)?
            let between: Range<Sequence>
            if isForward {
                ahead = try firstReadable(from: place)
                between = place..<max(place, ahead?.place ?? newest.place.next)
            } else {
                ahead = try last(through: place) { ($0.ownSequence, $0.sequence) }
                between = (ahead?.place.next ?? .zero)..<place.next
            }
            var events = OrganizationEvents(of: organization, in: store)
            if store.lost.isEmpty, try events.count(between) == 0 {
                return ahead.map { ($0.sequence, 0) }
            }
            let passed =
                isForward
                ? try last(through: place.previous) { ($0.ownSequence, $0.sequence) }
                : try firstReadable(from: place.next)
            guard let (sequence, at) = passed else { return (.zero, place.rawValue) }
            return (sequence, max(place, at).rawValue - min(place, at).rawValue)
        }
    }

    /// The place that `next` stands for. Of an event that cannot be read: behind the last one that the walk has passed
    /// and that can.
    func place(
        of sequence: Sequence, offset: UInt64, isForward: Bool
    ) throws(ServiceError) -> Sequence {
        guard organization != nil else { return sequence }
        if sequence == .zero, offset > 0 { return Sequence(offset) }
        let found = try event(from: sequence)
        let isThere = found?.sequence == sequence
        if let found, isThere, offset == 0 { return found.place }
        let behind = found?.place ?? store.bounds.head.next
        if isForward {
            let passed =
                isThere ? behind : try last(through: behind.previous) ?? .zero
            let (place, overflow) = passed.rawValue.addingReportingOverflow(max(offset, 1))
            return Sequence(overflow ? .max : place)
        }
        return Sequence(behind.rawValue - min(behind.rawValue, max(offset, 1)))
    }

    private func reading<Result>(
        _ body: () throws(StoreError) -> Result
    ) throws(ServiceError) -> Result {
        do throws(StoreError) { return try body() } catch { throw ServiceError(error) }
    }
}
