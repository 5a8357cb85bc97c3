import AuditModel

/// The callers of credentials that were checked lately, so that all calls with one have one caller. A value.
///
/// It forgets those that are refused, and when it is full those that end first: nothing hangs on it but time, since a
/// credential that is forgotten is checked anew, and each caller has a maker that can end it.
struct CallerCache<Origin: Sendable>: Sendable {
    struct Entry: Sendable {
        let caller: Caller
        /// What it was made from.
        let origin: Origin
    }

    private(set) var entries: [SecretHash: Entry] = [:]
    let countMax: Int

    init(countMax: Int) { self.countMax = countMax }

    subscript(hash: SecretHash) -> Caller? { entries[hash]?.caller }

    /// The caller that is there already, or this one.
    mutating func insert(
        _ caller: Caller, of hash: SecretHash, origin: Origin, now: Timestamp
    ) -> Caller {
        if let known = self[hash], known.refusal(now: now) == nil { return known }
        if entries.count >= countMax { makeRoom(now: now) }
        entries[hash] = Entry(caller: caller, origin: origin)
        return caller
    }

    mutating func forget(_ isOver: (Entry) -> Bool) {
        entries = entries.filter { !isOver($0.value) }
    }

    /// A quarter at once, so that a full cache is not looked through for each credential.
    private mutating func makeRoom(now: Timestamp) {
        forget { $0.caller.refusal(now: now) != nil }
        guard entries.count > countMax * 3 / 4 else { return }
        let byEnd = entries.map {
            (hash: $0.key, end: $0.value.caller.expiresAt?.nanosecondsSinceEpoch ?? .max)
        }.sorted { $0.end < $1.end }
        for (hash, _) in byEnd.prefix(max(1, countMax / 4)) { entries[hash] = nil }
    }
}
