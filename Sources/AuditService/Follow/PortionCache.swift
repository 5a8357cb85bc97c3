import AuditModel

/// The portions that were made last, by group and position. Bounded in bytes: the oldest go first.
struct PortionCache {
    struct Key: Hashable {
        var group: FeedGroup.ID
        /// Of the look.
        var position: Sequence
    }

    private let bytesMax: Int
    private var portions: [Key: FeedPortion] = [:]
    /// The keys in the order in which they came, from `head` on.
    private var order: [Key] = []
    private var head = 0
    private(set) var bytes = 0

    init(bytesMax: Int) {
        self.bytesMax = bytesMax
    }

    func portion(for key: Key) -> FeedPortion? { portions[key] }

    mutating func insert(_ portion: FeedPortion, for key: Key) {
        if let replaced = portions.updateValue(portion, forKey: key) {
            // It keeps its place: what is asked for again and again is not the newest.
            bytes -= replaced.residentBytes
        } else {
            order.append(key)
        }
        bytes += portion.residentBytes
        while bytes > bytesMax, head < order.count {
            if let oldest = portions.removeValue(forKey: order[head]) {
                bytes -= oldest.residentBytes
            }
            head += 1
        }
        if head >= 64, head * 2 >= order.count {
            order.removeFirst(head)
            head = 0
        }
    }
}
