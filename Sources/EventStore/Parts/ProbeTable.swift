import AuditModel

/// What a search looks at of each part before it goes on to any: side by side, 48 bytes each, so that only
/// one place of each filter is looked up in memory that no cache has. The parts hold what it points to.
struct ProbeTable: Sendable {
    private var entries: [Entry] = []

    private struct Entry: @unchecked Sendable {
        // @unchecked: filters are never written to once they are there.
        /// A filter that is not in memory passes everything.
        var filter: UnsafeRawBufferPointer
        var salt: UInt64 = 0
        /// occurred_at of its events.
        var least = Int64.min
        var greatest = Int64.max
        /// Of a log none that is.
        var termsVersion: UInt32 = 0
    }

    init(_ parts: [StorePart]) {
        entries = parts.map(ProbeTable.entry)
    }

    private static func entry(_ part: StorePart) -> Entry {
        guard let segment = part.segment else { return Entry(filter: Everything.filter) }
        var entry = Entry(filter: segment.residentTermFilter.bytes ?? Everything.filter)
        entry.salt = segment.salt
        entry.termsVersion = segment.termsVersion
        let times = segment.bounds.occurredAt
        entry.least = times?.lowerBound.nanosecondsSinceEpoch ?? .max
        entry.greatest = times?.upperBound.nanosecondsSinceEpoch ?? .min
        return entry
    }

    var count: Int { entries.count }

    mutating func append(_ part: StorePart) { entries.append(ProbeTable.entry(part)) }

    mutating func replace(at index: Int, by part: StorePart) {
        entries[index] = ProbeTable.entry(part)
    }

    mutating func removeFirst() { entries.removeFirst() }

    /// Whether a search has read the filter of a part since the table was made.
    func isBehind(_ part: StorePart, at index: Int) -> Bool {
        guard let filter = part.segment?.residentTermFilter.bytes else { return false }
        return filter.baseAddress != entries[index].filter.baseAddress
    }

    /// Writes the numbers of the parts in which something may match to `numbers`, which has room for all, and
    /// returns how many those are. What is indexed by terms of another version may have anything.
    func find(
        _ probe: SearchProbe, termsVersion: UInt32, to numbers: UnsafeMutableBufferPointer<Int32>
    ) -> Int {
        entries.withUnsafeBufferPointer { entries in
            withUnsafeTemporaryAllocation(of: Glance.self, capacity: entries.count) { glances in
                var search = Search(
                    entries: entries, termsVersion: termsVersion, numbers: numbers,
                    glances: glances)
                search.keep(probe)
                for hashes in probe.fields { search.keep(hashes) }
                return search.count
            }
        }
    }

    /// What was seen of a filter.
    private struct Glance: BitwiseCopyable {
        var beginning: UInt64
        var hash: UInt64
        var isThere: Bool
    }

    /// The parts that are left. Without branches where they would be guessed wrong.
    private struct Search {
        let entries: UnsafeBufferPointer<Entry>
        let termsVersion: UInt32
        let numbers: UnsafeMutableBufferPointer<Int32>
        let glances: UnsafeMutableBufferPointer<Glance>
        private(set) var count = 0

        mutating func keep(_ probe: SearchProbe) {
            for number in entries.indices {
                numbers[count] = Int32(truncatingIfNeeded: number)
                count &+= probe.mayHold(entries[number].least, entries[number].greatest) ? 1 : 0
            }
        }

        /// Keeps those that may have one of the values.
        mutating func keep(_ hashes: [UInt64]) {
            for place in 0..<count {
                glances[place].isThere = entry(place).termsVersion != termsVersion
            }
            for hash in hashes { glance(hash) }
            var kept = 0
            for place in 0..<count where glances[place].isThere {
                let entry = entry(place)
                let isThere =
                    entry.termsVersion != termsVersion
                    || hashes.contains { hash in
                        HashFilter.mayContain(
                            TermFilter.keyed(hash, salt: entry.salt), entry.filter)
                    }
                guard isThere else { continue }
                numbers[kept] = numbers[place]
                kept += 1
            }
            count = kept
        }

        /// First all of what lies in memory that no cache has, so that it is waited for only once.
        private func glance(_ hash: UInt64) {
            for place in 0..<count {
                let entry = entry(place)
                let hash = TermFilter.keyed(hash, salt: entry.salt)
                glances[place].hash = hash
                glances[place].beginning = HashFilter.beginning(hash, entry.filter)
            }
            for place in 0..<count {
                let glance = glances[place]
                let isThere = HashFilter.mayBegin(glance.hash, glance.beginning)
                if isThere { glances[place].isThere = true }
            }
        }

        @inline(__always)
        private func entry(_ place: Int) -> Entry { entries[Int(numbers[place])] }
    }
}

/// A filter that has all values.
private enum Everything {
    // Unsafe: it is written to before anybody has it, and never again.
    nonisolated(unsafe) static let filter: UnsafeRawBufferPointer = {
        let bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: HashFilter.blockBytes, alignment: HashFilter.blockBytes)
        bytes.initializeMemory(as: UInt8.self, repeating: 0xFF)
        return UnsafeRawBufferPointer(bytes)
    }()
}
