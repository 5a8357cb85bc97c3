import AuditModel

/// The portions that were made last, by group and position. Bounded in bytes: the oldest go first.
struct PortionCache {
    struct Key: Hashable {
        var group: FeedGroup.ID
        /// Of the look.
        var position: Sequence
    }

    private struct Kept {
        var portion: FeedPortion
        /// What it was counted with last.
        var bytes: Int

        init(_ portion: FeedPortion) {
            self.portion = portion
            bytes = portion.residentBytes
        }
    }

    private let bytesMax: Int
    private var portions: [Key: Kept] = [:]
    /// The keys in the order in which they came, from `head` on.
    private var order: [Key] = []
    private var head = 0
    private(set) var bytes = 0

    init(bytesMax: Int) {
        self.bytesMax = bytesMax
    }

    /// Counts it anew: a message grows when a call that compresses is sent it.
    mutating func portion(for key: Key) -> FeedPortion? {
        guard let kept = portions[key] else { return nil }
        if kept.bytes != kept.portion.residentBytes { insert(kept.portion, for: key) }
        return kept.portion
    }

    mutating func insert(_ portion: FeedPortion, for key: Key) {
        let kept = Kept(portion)
        if let replaced = portions.updateValue(kept, forKey: key) {
            // It keeps its place: what is asked for again and again is not the newest.
            bytes -= replaced.bytes
        } else {
            order.append(key)
        }
        bytes += kept.bytes
        while bytes > bytesMax, head < order.count {
            if let oldest = portions.removeValue(forKey: order[head]) {
                bytes -= oldest.bytes
            }
            head += 1
        }
        if head >= 64, head * 2 >= order.count {
            order.removeFirst(head)
            head = 0
        }
    }
}
