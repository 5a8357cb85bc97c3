import AuditModel
import Codec
import EventStore

/// The sequences that one group commit gives: certain only once it is stored.
struct GivenSequences {
    private struct Slot {
        var organization: [UInt8]
        /// The newest of the organization with those that were given here, and the place of its last event.
        var newest: SequenceBook.Newest
    }

    private let book: SequenceBook
    private var slots: [Slot] = []
    private var slotByOrganization: [[UInt8]: Int] = [:]
    /// The slot that was asked for last: the next event is usually of the same organization.
    private var last = 0

    init(_ book: SequenceBook) { self.book = book }

    /// The sequence of the next event of an organization. Throws what reading the store throws, for the first
    /// event of one that the book does not know.
    mutating func next(of organization: UnsafeRawBufferPointer) throws(StoreError) -> Sequence {
        let slot = try slot(of: organization)
        slots[slot].newest.sequence = slots[slot].newest.sequence.next
        return slots[slot].newest.sequence
    }

    /// The last event that was given one is not stored after all.
    mutating func takeBack(of organization: UnsafeRawBufferPointer) {
        let slot = known(organization)
        slots[slot].newest.sequence = slots[slot].newest.sequence.previous
    }

    /// The event of the newest sequence so far lies there.
    mutating func placed(_ place: Sequence, of organization: UnsafeRawBufferPointer) {
        slots[known(organization)].newest.place = place
    }

    /// Of each organization of which something was asked.
    var newest: some Swift.Sequence<(organization: [UInt8], SequenceBook.Newest)> {
        slots.lazy.map { ($0.organization, $0.newest) }
    }

    mutating func removeAll() {
        slots.removeAll(keepingCapacity: true)
        slotByOrganization.removeAll(keepingCapacity: true)
        last = 0
    }

    private mutating func known(_ organization: UnsafeRawBufferPointer) -> Int {
        guard let slot = try? slot(of: organization) else {
            preconditionFailure("it was given one, so that its slot is there")
        }
        return slot
    }

    private mutating func slot(of organization: UnsafeRawBufferPointer) throws(StoreError) -> Int {
        if last < slots.count,
            slots[last].organization.withUnsafeBytes({ equalBytes($0, organization) })
        {
            return last
        }
        let name = Array(organization)
        if let known = slotByOrganization[name] {
            last = known
        } else {
            let newest = try book.newest(of: name)
            last = slots.count
            slots.append(Slot(organization: name, newest: newest))
            slotByOrganization[name] = last
        }
        return last
    }
}
