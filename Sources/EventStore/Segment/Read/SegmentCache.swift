internal import Synchronization

/// Something that was read of a segment and is kept for the next reader.
protocol CachedPart: AnyObject, Sendable {
    /// In memory, all in all.
    var residentBytes: Int { get }
}

/// A part that is a plain value.
final class Cached<Value: Sendable>: CachedPart {
    let value: Value
    let residentBytes: Int

    init(_ value: Value, residentBytes: Int) {
        self.value = value
        self.residentBytes = residentBytes
    }
}

/// A part that is bytes.
final class CachedBytes: CachedPart {
    private let owned: OwnedBytes

    init(_ bytes: consuming OwnedBytes) { owned = bytes }

    /// Valid as long as this is.
    var bytes: UnsafeRawBufferPointer { owned.bytes }
    var residentBytes: Int { owned.count }
}

/// Names a part. All parts of a kind have one type.
struct CacheKey: Hashable {
    enum Kind: UInt8 {
        case eventBlock, dictionary, blockIndex, liveRows, organizations, organizationRows
        case termIndex, termBlock, termFilter, termRows, postings, occurredIndex, occurredChunk
        case identifierIndex, identifierPage, identifierFilter, identifierHashes
    }

    /// Of the open segment; 0 for what several share.
    var segment: UInt64
    var kind: Kind
    /// Which of its kind.
    var number: UInt64 = 0

    func hash(into hasher: inout Hasher) { hasher.combine(mixed) }

    fileprivate var mixed: UInt64 {
        (segment << 8 | UInt64(kind.rawValue)) &* 0x9E37_79B9_7F4A_7C15 ^ number
    }
}

/// What was read of all segments, within a limit of bytes: what was not used since the hand came by the
/// last time goes first (the clock algorithm).
final class SegmentCache: Sendable {
    private static let shardCount = 8
    private let shards: [CacheShard]

    init(bytesMax: Int) {
        shards = (0..<SegmentCache.shardCount).map { _ in
            CacheShard(bytesMax: bytesMax / SegmentCache.shardCount)
        }
    }

    /// The part of that name, from the cache or else made; two readers may make the same at once.
    func part<Part: CachedPart>(
        _ key: CacheKey, _ make: () throws(StoreError) -> Part
    ) throws(StoreError) -> Part {
        let shard = shards[Int((key.mixed &* 0xD6E8_FEB8_6659_FD93) >> 61)]
        if let found = shard.find(key) { return unsafeDowncast(found, to: Part.self) }
        let made = try make()
        shard.insert(made, key)
        return made
    }

    var usage: (bytes: Int, hits: Int, misses: Int) {
        shards.reduce(into: (0, 0, 0)) { sum, shard in
            let usage = shard.usage
            sum = (sum.0 + usage.bytes, sum.1 + usage.hits, sum.2 + usage.misses)
        }
    }
}

/// A part of the cache with a lock of its own, so that readers seldom wait for each other.
private final class CacheShard: Sendable {
    fileprivate struct Entry {
        var key: CacheKey
        var part: any CachedPart
        var bytes: Int
        var wasUsed = false
    }

    fileprivate struct State {
        /// Places in `entries`.
        var places: [CacheKey: Int] = [:]
        var entries: [Entry] = []
        var hand = 0
        var bytes = 0
        var hits = 0
        var misses = 0
    }

    private let state = Mutex(State())
    private let bytesMax: Int

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    var usage: (bytes: Int, hits: Int, misses: Int) {
        state.withLock { ($0.bytes, $0.hits, $0.misses) }
    }

    func find(_ key: CacheKey) -> (any CachedPart)? {
        state.withLock { state in
            guard let place = state.places[key] else {
                state.misses += 1
                return nil
            }
            state.hits += 1
            state.entries[place].wasUsed = true
            return state.entries[place].part
        }
    }

    func insert(_ part: any CachedPart, _ key: CacheKey) {
        // What the dictionary and the entry take themselves.
        let bytes = part.residentBytes + 128
        guard bytes <= bytesMax else { return }
        // Freed after the lock.
        var gone: [any CachedPart] = []
        state.withLock { state in
            guard state.places[key] == nil else { return }
            while state.bytes + bytes > bytesMax { gone.append(state.evict()) }
            state.places[key] = state.entries.count
            state.entries.append(Entry(key: key, part: part, bytes: bytes))
            state.bytes += bytes
        }
        withExtendedLifetime(gone) {}
    }
}

extension CacheShard.State {
    /// Removes the next entry that was not used since the hand came by.
    fileprivate mutating func evict() -> any CachedPart {
        while true {
            if hand >= entries.count { hand = 0 }
            guard entries[hand].wasUsed else { break }
            entries[hand].wasUsed = false
            hand += 1
        }
        let entry = entries[hand]
        places[entry.key] = nil
        let last = entries.removeLast()
        if hand < entries.count {
            entries[hand] = last
            places[last.key] = hand
        }
        bytes -= entry.bytes
        return entry.part
    }
}
