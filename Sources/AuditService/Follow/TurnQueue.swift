/// A queue that may be left before one's turn: what left is let go of at once, wherever it stood.
struct TurnQueue<Key: Hashable, Entry> {
    private var entries: [Key: Entry] = [:]
    private var turns: [Key: UInt64] = [:]
    /// In the order in which they came, from `head` on; who left has another turn by now, or none.
    private var order: [(key: Key, turn: UInt64)] = []
    private var head = 0
    private var lastTurn: UInt64 = 0

    /// Turns of those who left that are kept beside as many of those who wait.
    private static var leftMax: Int { 64 }

    var isEmpty: Bool { entries.isEmpty }

    /// Turns that it keeps, with those of who left: at most twice as many as wait, and a few.
    var turnCount: Int { order.count - head }

    /// The entry of a key. A new one comes last of all; nil leaves.
    subscript(key: Key) -> Entry? {
        get { entries[key] }
        _modify {
            yield &entries[key]
            if entries[key] == nil {
                if turns.removeValue(forKey: key) != nil { compact() }
            } else if turns[key] == nil {
                lastTurn += 1
                turns[key] = lastTurn
                order.append((key, lastTurn))
            }
        }
    }

    /// Who came first.
    mutating func popFirst() -> Entry? {
        while head < order.count {
            let (key, turn) = order[head]
            head += 1
            guard turns[key] == turn else { continue }
            turns[key] = nil
            let entry = entries.removeValue(forKey: key)
            compact()
            return entry
        }
        return nil
    }

    private mutating func compact() {
        guard order.count > 2 * entries.count + Self.leftMax else { return }
        order = order[head...].filter { turns[$0.key] == $0.turn }
        head = 0
    }
}

extension TurnQueue: Sendable where Key: Sendable, Entry: Sendable {}
