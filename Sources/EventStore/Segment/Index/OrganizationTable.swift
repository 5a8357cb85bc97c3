import AuditModel

/// The distinct organizations of a range of events, and what each has.
struct OrganizationTable: ~Copyable, @unchecked Sendable {
    // @unchecked: its owner locks, or has it alone.

    struct Entry: BitwiseCopyable {
        var hash: UInt64
        var nameOffset: Int
        var nameBytes: Int
        var events = 0
        var bytes = 0
        var oldestRecordedAt: Timestamp
        var newestRecordedAt: Timestamp
    }

    private(set) var entries = FlatArray<Entry>(capacity: 64)
    private var names = FlatArray<UInt8>(capacity: 2048)
    /// Numbers of entries plus 1; 0: empty. Open addressing, at most half full.
    private var slots = FlatArray<UInt32>(repeating: 0, count: 128)
    private let secret: UInt64

    init(secret: UInt64) {
        self.secret = secret
    }

    var count: Int { entries.count }

    var residentBytes: Int {
        entries.residentBytes + names.residentBytes + slots.residentBytes
    }

    func find(_ name: UnsafeRawBufferPointer) -> Int? {
        let number = slots[slot(Checksum.of(name, salt: secret), name)]
        return number == 0 ? nil : Int(number) - 1
    }

    /// Counts an event of an organization; says which, and how many it had before.
    mutating func add(_ event: EventView) -> (organization: Int, rank: Int) {
        let name = event.organization
        let hash = Checksum.of(name, salt: secret)
        let slot = slot(hash, name)
        var number = Int(slots[slot]) - 1
        if number < 0 {
            number = entries.count
            entries.append(
                Entry(
                    hash: hash, nameOffset: names.count, nameBytes: name.count,
                    oldestRecordedAt: event.recordedAt, newestRecordedAt: event.recordedAt))
            names.append(name)
            slots[slot] = UInt32(entries.count)
            if entries.count * 2 > slots.count { growSlots() }
        }
        let rank = entries[number].events
        entries[number].events = rank + 1
        entries[number].bytes += name.count + event.payload.count
        entries[number].newestRecordedAt = event.recordedAt
        return (number, rank)
    }

    /// Valid until an organization is added.
    func name(of number: Int) -> UnsafeRawBufferPointer {
        let entry = entries[number]
        return UnsafeRawBufferPointer(
            rebasing: names.bytes[entry.nameOffset..<entry.nameOffset + entry.nameBytes])
    }

    /// In ascending order of their bytes.
    var summaries: [OrganizationSummary] {
        var list: [OrganizationSummary] = []
        list.reserveCapacity(count)
        for number in 0..<count {
            let entry = entries[number]
            list.append(
                OrganizationSummary(
                    organization: Array(name(of: number)), events: entry.events,
                    bytes: entry.bytes, oldestRecordedAt: entry.oldestRecordedAt,
                    newestRecordedAt: entry.newestRecordedAt))
        }
        return list.sorted { $0.organization.lexicographicallyPrecedes($1.organization) }
    }

    private func slot(_ hash: UInt64, _ name: UnsafeRawBufferPointer) -> Int {
        let mask = slots.count - 1
        var index = Int(truncatingIfNeeded: hash) & mask
        while slots[index] != 0 {
            let number = Int(slots[index]) - 1
            if entries[number].hash == hash, self.name(of: number).equals(name) { return index }
            index = (index + 1) & mask
        }
        return index
    }

    private mutating func growSlots() {
        slots = FlatArray(repeating: 0, count: slots.count * 2)
        let mask = slots.count - 1
        for number in 0..<entries.count {
            var index = Int(truncatingIfNeeded: entries[number].hash) & mask
            while slots[index] != 0 { index = (index + 1) & mask }
            slots[index] = UInt32(number) + 1
        }
    }
}
