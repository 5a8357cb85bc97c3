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
        var ended: EndedSequences
        /// Whether the file says less.
        var isUnsaved: Bool
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
        state = Mutex(State(ended: ended, isUnsaved: ended != read))
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
        store.visitUnsealed { batch in
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
        state.withLock { state in
            for (organization, found) in newest.prefix(organizationsMax) where found.place > lost {
                state.newest[organization] = state.ended.raised(found, of: organization)
            }
        }
    }

    // MARK: The newest

    /// The newest of an organization, without a look at the store; nil when it is not remembered.
    func knownNewest(of organization: [UInt8]) -> Newest? {
        state.withLock { $0.newest[organization] }
    }

    /// The newest of an organization. For threads that may wait for the disk.
    func newest(of organization: [UInt8]) throws(StoreError) -> Newest {
        let (known, forgotten) = state.withLock { ($0.newest[organization], $0.forgotten) }
        if let known { return known }
        let stored = try storedNewest(of: organization)
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

    private func storedNewest(of organization: [UInt8]) throws(StoreError) -> Newest {
        var events = OrganizationEvents(of: organization, in: store)
        var newest = Newest(sequence: .zero, place: .zero)
        do throws(StoreError) {
            let found = try events.last { Newest(sequence: $0.ownSequence, place: $0.sequence) }
            if let found { newest = found }
        } catch {
            guard let last = error.damage?.sequences.last else { throw error }
            newest = Newest(sequence: last, place: last)
        }
        // Whose events a repair could not save, nobody knows.
        if let lost = store.lost.last, lost > newest.place {
            newest.sequence = max(newest.sequence, lost)
        }
        return newest
    }

    /// Takes what was stored; called by the committer, before anybody hears of it.
    func stored(_ newest: some Swift.Sequence<(organization: [UInt8], Newest)>) {
        state.withLock { state in
            if state.newest.count > organizationsMax || state.oldest.count > organizationsMax {
                state.newest.removeAll()
                state.oldest.removeAll()
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
        guard let (sequence, place) = try reader.first(from: floor) else {
            return newest.sequence.next
        }
        state.withLock { state in
            guard state.forgotten == forgotten else { return }
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
                state.isUnsaved = true
            }
            // Nobody can tell whose events they are.
            if removal.organizations == nil, state.ended.unknown < removal.sequences.last {
                state.ended.unknown = removal.sequences.last
                state.isUnsaved = true
            }
        }
        try save()
    }

    private func save() throws(StoreError) {
        guard let file else { return }
        let ended = state.withLock { state -> EndedSequences? in
            guard state.isUnsaved else { return nil }
            // Those that record again have newer ones in the store.
            let newest = state.newest
            state.ended.organizations = state.ended.organizations.filter { organization, sequence in
                sequence >= newest[organization]?.sequence ?? .zero
            }
            return state.ended
        }
        guard let ended else { return }
        try StoreError.wrappingFileErrors { () throws(FileError) in try file.write(ended) }
        state.withLock { state in
            if state.ended == ended { state.isUnsaved = false }
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
