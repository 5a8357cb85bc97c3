import AuditModel
internal import Synchronization

/// From organization and id to sequence, for every kept event: a hash table in memory, 16 bytes a
/// slot.
///
/// It remembers hashes and not ids, so that a hit must be verified by reading the event. It
/// consists of 256 shards that grow one by one, so that no insert copies more than a 256th of the
/// table. Entries of expired sequences are passed over, and dropped when their shard grows.
final class IdentifierIndex: Sendable {
    private let shards: Mutex<Shards>
    /// Random, so that nobody can choose ids that collide.
    private let secret: UInt64

    init(secret: UInt64) {
        self.secret = secret
        shards = Mutex(Shards())
    }

    /// The hash that stands for an id in its organization.
    func hash(organization: UnsafeRawBufferPointer, id: EventID) -> UInt64 {
        let seed = Checksum.of(organization, salt: secret)
        return withUnsafeBytes(of: (id.high, id.low)) { Checksum.of($0, salt: seed) }
    }

    /// Adds the events of a frame. Sequences below `oldest` have expired.
    func insert(
        _ entries: [EventBatch.Entry], of frame: UnsafeRawBufferPointer, first: Sequence,
        oldest: Sequence
    ) {
        shards.withLock { shards in
            for index in entries.indices {
                let entry = entries[index]
                let start = Int(entry.organizationOffset)
                let organization = UnsafeRawBufferPointer(
                    rebasing: frame[start..<start + Int(entry.organizationBytes)])
                shards.insert(
                    hash(organization: organization, id: entry.id),
                    first.rawValue + UInt64(index), oldest: oldest.rawValue)
            }
        }
    }

    /// The sequences from `oldest` on that may be the event's; almost always none or one.
    func candidates(_ hash: UInt64, oldest: Sequence) -> [Sequence] {
        shards.withLock { $0.candidates(hash, oldest: oldest.rawValue) }
    }

    /// In bytes.
    var residentBytes: Int { shards.withLock { $0.residentBytes } }
}

/// The table behind the lock.
private struct Shards: ~Copyable {
    private var shards: [Shard]

    init() {
        shards = (0..<256).map { _ in Shard(capacity: 16) }
    }

    deinit {
        for shard in shards { shard.slots.deallocate() }
    }

    var residentBytes: Int {
        shards.reduce(0) { $0 + $1.capacity * MemoryLayout<Slot>.stride }
    }

    mutating func insert(_ hash: UInt64, _ sequence: UInt64, oldest: UInt64) {
        shards[Int(hash >> 56)].insert(Slot(hash: hash, sequence: sequence), oldest: oldest)
    }

    func candidates(_ hash: UInt64, oldest: UInt64) -> [Sequence] {
        shards[Int(hash >> 56)].candidates(hash, oldest: oldest)
    }
}

private struct Slot: BitwiseCopyable {
    var hash: UInt64
    /// Zero: empty.
    var sequence: UInt64
}

/// Open addressing, linear probing. The owner frees the slots.
private struct Shard {
    private(set) var slots: UnsafeMutablePointer<Slot>
    /// A power of two.
    private(set) var capacity: Int
    private var used = 0

    init(capacity: Int) {
        self.capacity = capacity
        slots = .allocate(capacity: capacity)
        slots.initialize(repeating: Slot(hash: 0, sequence: 0), count: capacity)
    }

    mutating func insert(_ slot: Slot, oldest: UInt64) {
        if used >= capacity / 4 * 3 { rehash(oldest: oldest) }
        place(slot)
    }

    private mutating func place(_ slot: Slot) {
        var index = Int(truncatingIfNeeded: slot.hash) & (capacity - 1)
        while slots[index].sequence != 0 { index = (index + 1) & (capacity - 1) }
        slots[index] = slot
        used += 1
    }

    /// Drops what has expired; doubles unless that made enough room.
    private mutating func rehash(oldest: UInt64) {
        let old = UnsafeBufferPointer(start: slots, count: capacity)
        let kept = old.reduce(0) { $0 + ($1.sequence >= oldest && $1.sequence != 0 ? 1 : 0) }
        self = Shard(capacity: kept > capacity / 8 * 3 ? capacity * 2 : capacity)
        for slot in old where slot.sequence >= oldest && slot.sequence != 0 { place(slot) }
        old.deallocate()
    }

    func candidates(_ hash: UInt64, oldest: UInt64) -> [Sequence] {
        var found: [Sequence] = []
        var index = Int(truncatingIfNeeded: hash) & (capacity - 1)
        while slots[index].sequence != 0 {
            if slots[index].hash == hash && slots[index].sequence >= oldest {
                found.append(Sequence(slots[index].sequence))
            }
            index = (index + 1) & (capacity - 1)
        }
        return found
    }
}
