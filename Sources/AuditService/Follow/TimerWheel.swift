/// Who is due at which tick: adding and removing cost the same however many there are.
///
/// A value that is told the time; ticks are of any length.
struct TimerWheel<Entry> {
    typealias ID = ObjectIdentifier

    private var slots: [UInt64: [ID: Entry]] = [:]
    /// The ticks that have entries, the next one last.
    private var ticks: [UInt64] = []

    /// The next tick at which somebody is due.
    var next: UInt64? { ticks.last }

    mutating func insert(_ entry: Entry, _ id: ID, at tick: UInt64) {
        if slots[tick] == nil {
            slots[tick] = [:]
            ticks.insert(tick, at: ticks.partitionIndex { $0 <= tick })
        }
        slots[tick]?[id] = entry
    }

    mutating func remove(_ id: ID, at tick: UInt64) {
        slots[tick]?[id] = nil
        guard slots[tick]?.isEmpty == true else { return }
        slots[tick] = nil
        let index = ticks.partitionIndex { $0 <= tick }
        if index < ticks.count, ticks[index] == tick { ticks.remove(at: index) }
    }

    /// Takes those who are due at `tick` or before it.
    mutating func take(through tick: UInt64) -> [Entry] {
        var due: [Entry] = []
        while let next = ticks.last, next <= tick {
            ticks.removeLast()
            if let entries = slots.removeValue(forKey: next) { due += entries.values }
        }
        return due
    }
}

extension [UInt64] {
    /// The first index whose element has the property, which all behind it have too.
    fileprivate func partitionIndex(where holds: (UInt64) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
