import Synchronization

/// The bytes of what subscriptions were read and have not been sent yet, of all of them together: a
/// message that several hold counts once.
final class ReadyBudget: Sendable {
    /// What each subscription keeps of a portion, beside its message.
    static let slotBytes = MemoryLayout<FeedPortion>.stride

    private let bytesMax: Int
    private let account = Mutex(Account())

    init(bytesMax: Int) {
        self.bytesMax = bytesMax
    }

    var bytes: Int { account.withLock { $0.bytes } }

    /// False when there is no room for all of them; otherwise each is given back once.
    func take(_ portions: [FeedPortion]) -> Bool {
        account.withLock { account in
            for portion in portions { account.add(portion) }
            guard account.bytes > bytesMax else { return true }
            for portion in portions { account.remove(portion) }
            return false
        }
    }

    func giveBack(_ portions: [FeedPortion]) {
        account.withLock { account in
            for portion in portions { account.remove(portion) }
        }
    }

    private struct Account {
        private struct Held {
            var holders = 0
            /// What it was counted with last: it may have grown since.
            var bytes = 0
        }

        private var messages: [ObjectIdentifier: Held] = [:]
        private(set) var bytes = 0

        mutating func add(_ portion: FeedPortion) {
            bytes += slotBytes
            guard let message = portion.message else { return }
            var held = messages[ObjectIdentifier(message)] ?? Held()
            bytes += message.residentBytes - held.bytes
            held.bytes = message.residentBytes
            held.holders += 1
            messages[ObjectIdentifier(message)] = held
        }

        mutating func remove(_ portion: FeedPortion) {
            bytes -= slotBytes
            guard let message = portion.message,
                let index = messages.index(forKey: ObjectIdentifier(message))
            else { return }
            messages.values[index].holders -= 1
            guard messages.values[index].holders == 0 else { return }
            bytes -= messages.values[index].bytes
            messages.remove(at: index)
        }
    }
}

/// What one subscription was read from the disk and has not been sent yet: its client was slower
/// than one reading.
struct ReadyPortions: ~Copyable {
    private let budget: ReadyBudget
    private var portions: [FeedPortion] = []
    private var isCounted = false

    init(budget: ReadyBudget) {
        self.budget = budget
    }

    var isEmpty: Bool { portions.isEmpty }

    /// A reading, to be sent at once as far as its client takes it; then `keep` the rest.
    mutating func fill(_ reading: [FeedPortion]) {
        drop()
        portions = reading
    }

    mutating func takeFirst() -> FeedPortion {
        let first = portions.removeFirst()
        if isCounted { budget.giveBack([first]) }
        return first
    }

    /// Its client takes no more for now. Without room, what is left is dropped, to be read again.
    mutating func keep() {
        guard !isCounted, !isEmpty else { return }
        isCounted = budget.take(portions)
        if !isCounted { portions = [] }
    }

    mutating func drop() {
        if isCounted { budget.giveBack(portions) }
        portions = []
        isCounted = false
    }

    deinit {
        if isCounted { budget.giveBack(portions) }
    }
}
