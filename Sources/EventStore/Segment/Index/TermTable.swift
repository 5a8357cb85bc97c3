/// The distinct terms of a range of events, and for each the events that have it.
///
/// A hash table from (organization, field, value, qualifier) to a number; its keys lie in one array of
/// bytes. The events of a term are a list that is linked from the last one back, in two flat
/// arrays: adding one is two stores, whatever the term, and a walk gives the newest first.
struct TermTable: ~Copyable, @unchecked Sendable {
    // @unchecked: its owner locks, or has it alone.

    struct Term: BitwiseCopyable {
        var hash: UInt64
        /// Of the value, in `keys`; a zero byte and the qualifier follow.
        var keyOffset: Int
        var valueBytes: UInt16
        var qualifierBytes: UInt16
        var field: UInt8
        /// A number of the owner's choice.
        var organization: UInt32
        /// How many events have it.
        var events: UInt32 = 0
        /// The last of them in `postings`, plus 1.
        var last: UInt32 = 0
        /// The term before it of the same organization and field, plus 1.
        var nextInField: UInt32 = 0
    }

    struct Posting: BitwiseCopyable {
        var event: UInt32
        /// Of the same term, plus 1; 0: none.
        var before: UInt32
    }

    private(set) var terms = FlatArray<Term>(capacity: 1024)
    private var keys = FlatArray<UInt8>(capacity: 16 * 1024)
    private var postings = FlatArray<Posting>(capacity: 4096)
    /// Numbers of terms plus 1; 0: empty. Open addressing, at most half full.
    private var slots = FlatArray<UInt32>(repeating: 0, count: 2048)
    /// Random, so that nobody can choose values that collide.
    private let secret: UInt64

    init(secret: UInt64) {
        self.secret = secret
    }

    var count: Int { terms.count }

    /// In bytes.
    var residentBytes: Int {
        terms.residentBytes + keys.residentBytes + postings.residentBytes + slots.residentBytes
    }

    /// The number of a term; nil when no event has it.
    func find(
        organization: UInt32, field: UInt8, value: UnsafeRawBufferPointer,
        qualifier: UnsafeRawBufferPointer
    ) -> Int? {
        let hash = hash(organization, field, value, qualifier)
        let number = slots[slot(hash, organization, field, value, qualifier)]
        return number == 0 ? nil : Int(number) - 1
    }

    /// The number of a term, which is added when it is new; `isNew` says so.
    @inline(__always)
    mutating func intern(
        organization: UInt32, field: UInt8, value: UnsafeRawBufferPointer,
        qualifier: UnsafeRawBufferPointer
    ) -> (term: Int, isNew: Bool) {
        let hash = hash(organization, field, value, qualifier)
        let slot = slot(hash, organization, field, value, qualifier)
        if slots[slot] != 0 { return (Int(slots[slot]) - 1, false) }
        terms.append(
            Term(
                hash: hash, keyOffset: keys.count, valueBytes: UInt16(value.count),
                qualifierBytes: UInt16(qualifier.count), field: field,
                organization: organization))
        keys.append(value)
        keys.append(0)
        keys.append(qualifier)
        slots[slot] = UInt32(terms.count)
        if terms.count * 2 > slots.count { growSlots() }
        return (terms.count - 1, true)
    }

    /// Adds an event to a term; the same one again is passed over.
    @inline(__always)
    mutating func post(_ event: UInt32, to term: Int) {
        let last = terms[term].last
        if last != 0, postings[Int(last) - 1].event == event { return }
        postings.append(Posting(event: event, before: last))
        terms[term].last = UInt32(postings.count)
        terms[term].events += 1
    }

    mutating func link(_ term: Int, to next: UInt32) { terms[term].nextInField = next }

    /// Calls `body` with the events of a term, the last one first.
    @inline(__always)
    func visitEvents(of term: Int, _ body: (UInt32) -> Void) {
        var next = terms[term].last
        while next != 0 {
            let posting = postings[Int(next) - 1]
            body(posting.event)
            next = posting.before
        }
    }

    /// Fills `events`, which has just the term's size, in ascending order.
    func fill(_ events: UnsafeMutableBufferPointer<UInt32>, of term: Int) {
        var index = events.count
        visitEvents(of: term) { event in
            index -= 1
            events[index] = event
        }
    }

    /// Value, zero byte, qualifier; valid until a term is added.
    @inline(__always)
    func key(of term: Int) -> UnsafeRawBufferPointer {
        let term = terms[term]
        let bytes = Int(term.valueBytes) + 1 + Int(term.qualifierBytes)
        return UnsafeRawBufferPointer(
            rebasing: keys.bytes[term.keyOffset..<term.keyOffset + bytes])
    }

    @inline(__always)
    private func hash(
        _ organization: UInt32, _ field: UInt8, _ value: UnsafeRawBufferPointer,
        _ qualifier: UnsafeRawBufferPointer
    ) -> UInt64 {
        let place = UInt64(organization) << 8 | UInt64(field)
        var hash = Checksum.of(value, salt: secret ^ place &* 0x9E37_79B9_7F4A_7C15)
        if !qualifier.isEmpty { hash = Checksum.of(qualifier, salt: hash) }
        return hash
    }

    /// Where the term is, or the empty slot where it belongs.
    @inline(__always)
    private func slot(
        _ hash: UInt64, _ organization: UInt32, _ field: UInt8, _ value: UnsafeRawBufferPointer,
        _ qualifier: UnsafeRawBufferPointer
    ) -> Int {
        let mask = slots.count - 1
        var index = Int(truncatingIfNeeded: hash) & mask
        while slots[index] != 0 {
            let number = Int(slots[index]) - 1
            let term = terms[number]
            if term.hash == hash, term.organization == organization, term.field == field,
                Int(term.valueBytes) == value.count,
                Int(term.qualifierBytes) == qualifier.count
            {
                let key = key(of: number)
                if UnsafeRawBufferPointer(rebasing: key[..<value.count]).equals(value),
                    UnsafeRawBufferPointer(rebasing: key[(value.count + 1)...]).equals(qualifier)
                {
                    return index
                }
            }
            index = (index + 1) & mask
        }
        return index
    }

    private mutating func growSlots() {
        slots = FlatArray(repeating: 0, count: slots.count * 2)
        let mask = slots.count - 1
        for number in 0..<terms.count {
            var index = Int(truncatingIfNeeded: terms[number].hash) & mask
            while slots[index] != 0 { index = (index + 1) & mask }
            slots[index] = UInt32(number) + 1
        }
    }
}
