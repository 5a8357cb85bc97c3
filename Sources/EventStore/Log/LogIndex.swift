import AuditModel
internal import Synchronization

/// The index of one log and how far it goes. Empty until the log is first indexed.
///
/// Ends for good, with what it has, at a frame that cannot be read: rows of an index in memory have no
/// holes. What lies behind is looked at event by event, as is a log whose index was let go.
final class LogIndex: Sendable {
    private let first: Sequence
    /// Nobody who sends events knows the log's.
    private let secret: UInt64
    private let state = Mutex(State())

    private struct State {
        var index: ActiveIndex?
        /// Where the frames go on that are not indexed; nil before the first.
        var reached: (sequence: Sequence, offset: Int)?
        var hasEnded = false
    }

    init(_ header: LogHeader) {
        first = header.firstSequence
        secret = header.salt
    }

    /// The index and the events in it; nil while there are none.
    var indexed: (index: ActiveIndex, sequences: SequenceRange)? {
        guard let index = state.withLock({ $0.index }), let sequences = index.sequences else {
            return nil
        }
        return (index, sequences)
    }

    /// Whether further frames will be indexed.
    var goesOn: Bool { state.withLock { !$0.hasEnded } }

    /// In bytes.
    var residentBytes: Int { state.withLock { $0.index }?.residentBytes ?? 0 }

    /// Of a log that ends at `last`: how many events could be indexed and are not yet.
    func lag(behind last: Sequence) -> Int {
        guard goesOn else { return 0 }
        let next = indexed?.sequences.last.next ?? first
        return next > last ? 0 : Int(last.rawValue - next.rawValue) + 1
    }

    /// Indexes the committed frames of `log` that are not indexed. Called by one thread at a time.
    ///
    /// - Parameters:
    ///   - bytesMax: of memory; an index that grows past it ends.
    ///   - goesOn: asked between blocks; false leaves the rest for the next time.
    func follow(
        _ log: LogFile, terms: TermExtractor, bytesMax: Int, while goesOn: () -> Bool
    ) {
        let last = log.extent.lastSequence
        guard lag(behind: last) > 0 else { return }
        let (index, start) = state.withLock { state in
            let index = state.index ?? ActiveIndex(first: first, secret: secret, terms: terms)
            state.index = index
            return (index, state.reached)
        }
        var reached = start
        var next = start?.sequence ?? first
        var reader = BlockReader()
        while next <= last, goesOn(), let block = log.block(holding: next, reached: reached) {
            reader.load(block, of: log)
            for slot in reader.slots {
                guard let batch = try? reader.batch(slot) else { return end() }
                index.add(batch)
                next = batch.lastSequence.next
            }
            reached = reader.end
            state.withLock { $0.reached = reached }
            guard index.residentBytes <= bytesMax else { return end() }
        }
    }

    private func end() { state.withLock { $0.hasEnded = true } }

    /// Frees the memory; who searches at the moment keeps it.
    func letGo() {
        let index = state.withLock { state in
            state.hasEnded = true
            return state.index.take()
        }
        withExtendedLifetime(index) {}
    }
}
