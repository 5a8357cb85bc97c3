import AuditModel
import Codec
package import EventStore
import Synchronization

/// The sequences of each organization: 1, 2, 3 ... in the order in which its events were stored, never given
/// out twice. What readers of one organization see of the log is counted by these alone, so that nothing tells
/// them how much others record.
///
/// An event has its own in its bytes. The book remembers the newest of each organization, and looks for it in
/// the store where it does not; what a removal would let the store forget goes into `sequences.json` first. A
/// sequence is never above its event's place in the log, which is what stands for one that cannot be read.
///
/// Two words here: a *sequence* is an organization's, a *place* is the log's.
package final class SequenceBook: Sendable {
    /// The newest sequence that an organization has given to an event.
    struct Newest: Hashable, Sendable {
        var sequence: Sequence
        /// Of its event; zero when nothing of the organization is in the store.
        var place: Sequence
    }

    /// The oldest event of an organization that is shown.
    private struct Oldest {
        var sequence: Sequence
        var place: Sequence
        /// Nothing of the organization lies between that and the place.
        var floor: Sequence
    }

    private struct State {
        var newest: [[UInt8]: Newest] = [:]
        var oldest: [[UInt8]: Oldest] = [:]
        /// Counts how often these were forgotten: what was looked up before is not to be kept.
        var forgotten = 0
        /// Of everything from there on the newest of each organization is remembered, as long as nothing was forgotten.
        var rememberedFrom: Sequence?
        var ended: EndedSequences
        /// Counts its changes, and which of them the file has; nil before the first.
        var changes = 0
        var saved: Int?
    }

    private let store: EventStore
    private let file: SequenceFile?
    private let organizationsMax: Int
    private let state: Mutex<State>

    /// - Parameters:
    ///   - file: what says which sequences were given that the store does not know any more; nil where nothing is
    ///     removed.
    ///   - organizationsMax: how many are remembered; those of others are looked up.
    /// - Throws: `unavailable`, for the operator: the file cannot be read or understood.
    init(
        store: EventStore, file: SequenceFile?,
        organizationsMax: Int = ServiceLimits.rememberedOrganizationsMax
    ) throws(ServiceError) {
        self.store = store
        self.file = file
        self.organizationsMax = organizationsMax
        let read = try file?.read()
        var ended = read ?? EndedSequences()
        // Before there was a file, events had their places as sequences.
        if file != nil, read == nil { ended.unknown = store.bounds.head }
        if let lost = store.lost.last { ended.unknown = max(ended.unknown, lost) }
        if let skipped = store.newestSkipped { ended.skipped = max(ended.skipped, skipped.last) }
        state = Mutex(State(ended: ended, saved: ended == read ? 0 : nil))
        // What needs no room is done without it: the next removal tries again.
        try? save()
        rememberUnsealed()
    }

    /// Of a store of which nothing is removed.
    package convenience init(store: EventStore) throws(ServiceError) {
        try self.init(store: store, file: nil)
    }

    /// What is not sealed may not be indexed yet: one pass rather than one for each organization.
    private func rememberUnsealed() {
        var newest: [[UInt8]: Newest] = [:]
        var last: [UInt8] = []
        let reached = store.visitUnsealed { batch in
            for index in (0..<batch.count).reversed() {
                batch.withEvent(at: index) { event in
                    guard !last.elementsEqual(event.organization) else { return }
                    last = Array(event.organization)
                    guard newest[last] == nil else { return }
                    newest[last] = Newest(sequence: event.ownSequence, place: event.sequence)
                }
            }
        }
        let lost = store.lost.last ?? .zero
        guard newest.count <= organizationsMax, reached > lost else { return }
        state.withLock { state in
            for (organization, found) in newest {
                state.newest[organization] = state.ended.raised(found, of: organization)
            }
            state.rememberedFrom = reached
        }
    }

    // MARK: The newest

    /// The newest of an organization, without a look at the store; nil when it is not remembered.
    func knownNewest(of organization: [UInt8]) -> Newest? {
        state.withLock { $0.newest[organization] }
    }

    /// The newest of an organization. For threads that may wait for the disk.
    func newest(of organization: [UInt8]) throws(StoreError) -> Newest {
        let (known, forgotten, rememberedFrom, unknown) = state.withLock {
            ($0.newest[organization], $0.forgotten, $0.rememberedFrom, $0.ended.unknown)
        }
        if let known { return known }
        let stored = try storedNewest(
            of: organization, before: rememberedFrom ?? Sequence(.max), unknown: unknown)
        return state.withLock { state in
            // The committer may have been quicker.
            if let known = state.newest[organization] { return known }
            // Asked behind the store: what is removed meanwhile was written down before.
            let found = state.ended.raised(stored, of: organization)
            if state.forgotten == forgotten, state.newest.count < organizationsMax {
                state.newest[organization] = found
            }
            return found
        }
    }

    /// - Parameters:
    ///   - end: it has no event there or behind it.
    ///   - unknown: see `EndedSequences`.
    private func storedNewest(
        of organization: [UInt8], before end: Sequence, unknown: Sequence
    ) throws(StoreError) -> Newest {
        var events = OrganizationEvents(of: organization, in: store)
        var newest = Newest(sequence: .zero, place: .zero)
        do throws(StoreError) {
            let found = try events.last(through: end.previous) {
                Newest(sequence: $0.ownSequence, place: $0.sequence)
            }
            if let found { newest = found }
        } catch {
            guard let last = error.damage?.sequences.last else { throw error }
            newest = Newest(sequence: last, place: last)
        }
        // Whose events a repair could not save, nobody knows.
        if let lost = store.lost.last, lost > newest.place {
            newest.sequence = max(newest.sequence, lost)
        }
        // Removed when nobody wrote it down yet, from among others' events that stayed.
        if newest.place != .zero, newest.place < unknown,
            try hasRemoved(organization, from: newest.place.next, through: unknown)
        {
            newest.sequence = max(newest.sequence, unknown)
        }
        return newest
    }

    private func hasRemoved(
        _ organization: [UInt8], from first: Sequence, through last: Sequence
    ) throws(StoreError) -> Bool {
        do throws(StoreError) {
            return try store.removed(of: organization, from: first, through: last) != nil
        } catch {
            guard error.code == .damaged else { throw error }
            return true
        }
    }

    /// Takes what was stored; called by the committer, before anybody hears of it.
    func stored(_ newest: some Swift.Sequence<(organization: [UInt8], Newest)>) {
        state.withLock { state in
            if state.newest.count > organizationsMax || state.oldest.count > organizationsMax {
                state.newest.removeAll()
                state.oldest.removeAll()
                state.rememberedFrom = nil
                state.forgotten += 1
            }
            for (organization, newest) in newest { state.newest[organization] = newest }
        }
    }

    // MARK: The oldest

    /// The sequence of the first event of an organization at `floor` or behind it, which is its retention's;
    /// the one after the newest when there is none. Without a look at the store; nil when it is not remembered.
    func knownOldest(of organization: [UInt8], from floor: Sequence) -> Sequence? {
        state.withLock { state in
            if let newest = state.newest[organization], newest.place < floor {
                return newest.sequence.next
            }
            guard let oldest = state.oldest[organization], oldest.floor <= floor,
                floor <= oldest.place
            else { return nil }
            return oldest.sequence
        }
    }

    /// Likewise, for threads that may wait for the disk.
    func oldest(of organization: [UInt8], from floor: Sequence) throws(StoreError) -> Sequence {
        let newest = try newest(of: organization)
        if let known = knownOldest(of: organization, from: floor) { return known }
        let forgotten = state.withLock { $0.forgotten }
        let reader = ReaderSequences(store: store, book: self, organization: organization)
        guard let (sequence, place, unread) = try reader.first(from: floor) else {
            return newest.sequence.next
        }
        state.withLock { state in
            // What cannot be read lies somewhere before the place, which answers for the floor alone.
            guard state.forgotten == forgotten, unread == 0, state.oldest.count < organizationsMax
            else { return }
            state.oldest[organization] = Oldest(sequence: sequence, place: place, floor: floor)
        }
        return sequence
    }

    // MARK: What is removed

    /// Writes down what the store is about to forget. Throws, and then nothing is to be removed.
    func remember(before removal: Removal) throws(StoreError) {
        var news: [[UInt8]: Sequence] = [:]
        for organization in removal.organizations ?? [] {
            let newest = try newest(of: organization)
            if newest.place <= removal.sequences.last { news[organization] = newest.sequence }
        }
        state.withLock { state in
            for (organization, sequence) in news
            where sequence > state.ended.organizations[organization] ?? state.ended.skipped {
                state.ended.organizations[organization] = sequence
                state.changes += 1
            }
            // Nobody can tell whose events they are.
            if removal.organizations == nil, state.ended.unknown < removal.sequences.last {
                state.ended.unknown = removal.sequences.last
                state.changes += 1
            }
            state.oldest.removeAll()
        }
        try save()
    }

    private func save() throws(StoreError) {
        guard let file else { return }
        let due = state.withLock { state in
            state.saved == state.changes ? nil : (state.ended, state.newest, state.changes)
        }
        guard let (current, newest, changes) = due else { return }
        var ended = current
        // Those that record again have newer ones in the store.
        ended.organizations = ended.organizations.filter { organization, sequence in
            sequence >= newest[organization]?.sequence ?? .zero
        }
        ended.bound(to: ServiceLimits.endedOrganizationsMax)
        try StoreError.wrappingFileErrors { () throws(FileError) in try file.write(ended) }
        state.withLock { state in
            state.saved = changes
            if state.changes == changes { state.ended = ended }
        }
    }
}

extension EventView {
    /// Among those of its organization; its place where it says none.
    var ownSequence: Sequence { ServerFields.sequence(of: payload) ?? sequence }
}

extension EventStore {
    /// The last range of places that a restored store passed over; nil when there is none.
    fileprivate var newestSkipped: SequenceRange? {
        var newest: SequenceRange?
        while let next = skipped(atOrAfter: newest?.last.next ?? .zero) { newest = next }
        return newest
    }
}
