/// Tells most keys that are not in a set from those that are, by a bit for each: what an event has is asked of it
/// without a lock and without a look at the table of groups.
///
/// Says yes to every key of the set, and to few others. A value; a copy stays as it is.
struct KeySieve {
    /// As many bits as a power of two says.
    private var words: [UInt64]
    private var keys = 0
    /// Bits of keys that are gone: they go when it is made anew.
    private var left = 0

    private static let bitsPerKey = 16
    private static let bitsMin = 1_024

    init(keysExpected: Int = 0) {
        var bits = Self.bitsMin
        while bits < keysExpected * Self.bitsPerKey { bits *= 2 }
        words = [UInt64](repeating: 0, count: bits / 64)
    }

    /// Whether it says yes too often by now, or takes much more memory than its keys need.
    var isWorn: Bool {
        let room = words.count * 64 / Self.bitsPerKey
        return keys + left > room * 2 || left > room / 2 + Self.bitsMin / Self.bitsPerKey
    }

    /// - Parameter hash: well mixed, and of a key that is not in it.
    mutating func insert(_ hash: Int) {
        words[word(hash)] |= bit(hash)
        keys += 1
    }

    mutating func remove() {
        keys -= 1
        left += 1
    }

    func mayContain(_ hash: Int) -> Bool { words[word(hash)] & bit(hash) != 0 }

    private func word(_ hash: Int) -> Int { (hash >> 6) & (words.count - 1) }

    private func bit(_ hash: Int) -> UInt64 { 1 << UInt64(hash & 63) }
}
