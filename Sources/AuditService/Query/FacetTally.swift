import AuditModel
import Codec

/// Counts values, newest first, in bounded memory.
struct FacetTally {
    struct Value {
        var type: [UInt8]
        var value: [UInt8]
        var count: UInt64
        var name: Name
        /// Its place in the order in which values were first counted.
        fileprivate(set) var number = 0
        /// The last event that counted it, so that one that has it twice counts once.
        fileprivate var last = Sequence.zero
        /// The next value of the same hash.
        fileprivate var next: Int?
    }

    /// What the newest event calls it.
    enum Name {
        case known([UInt8])
        /// To be read there.
        case at(Place)
    }

    /// Where the newest event that has a value is.
    struct Place {
        /// The number of the search part, and the organizations that have the value in it.
        var part: Int
        var organizations: [[UInt8]]
    }

    private(set) var values: [Value] = []
    private var newest: [Int: Int] = [:]
    private var bytes = 0
    /// What was counted since the mark: value and count.
    private var sinceMark: [(index: Int, count: UInt64)] = []
    private var valuesAtMark = 0
    private let valuesMax: Int
    private let bytesMax: Int

    init(valuesMax: Int, bytesMax: Int) {
        self.valuesMax = valuesMax
        self.bytesMax = bytesMax
    }

    /// Whether more can be counted, whatever its values.
    var hasRoom: Bool { values.count < valuesMax && bytes < bytesMax }

    /// Counts a value of an event; the events come newest first. The value's number; nil when the event was
    /// counted for it before.
    @discardableResult
    mutating func count(_ term: IndexTerms.Term, of event: Sequence) -> Int? {
        if let index = find(term.type, term.value) {
            guard values[index].last != event else { return nil }
            values[index].count += 1
            values[index].last = event
            return index
        }
        add(
            Value(
                type: Array(term.type), value: Array(term.value), count: 1,
                name: .known(Array(term.name)), last: event))
        bytes += term.name.count
        return values.count - 1
    }

    /// Counts a value of so many events of an organization in a part; the parts come newest first. The value's
    /// number.
    @discardableResult
    mutating func count(
        _ count: Int, type: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, part: Int,
        organization: [UInt8]
    ) -> Int {
        let index: Int
        if let found = find(type, value) {
            index = found
            values[index].count += UInt64(count)
            if case .at(var place) = values[index].name, place.part == part {
                place.organizations.append(organization)
                values[index].name = .at(place)
            }
        } else {
            index = values.count
            add(
                Value(
                    type: Array(type), value: Array(value), count: UInt64(count),
                    name: .at(Place(part: part, organizations: [organization]))))
        }
        sinceMark.append((index, UInt64(count)))
        return index
    }

    /// From here on `rollBack` takes back what parts counted.
    mutating func mark() {
        sinceMark.removeAll(keepingCapacity: true)
        valuesAtMark = values.count
    }

    mutating func rollBack() {
        for (index, count) in sinceMark { values[index].count -= count }
        while values.count > valuesAtMark {
            let value = values.removeLast()
            newest[FacetTally.hash(value)] = value.next
            bytes -= value.type.count + value.value.count
        }
        sinceMark.removeAll(keepingCapacity: true)
    }

    private mutating func add(_ value: Value) {
        var value = value
        let hash = FacetTally.hash(value)
        value.next = newest[hash]
        value.number = values.count
        newest[hash] = values.count
        bytes += value.type.count + value.value.count
        values.append(value)
    }

    private func find(
        _ type: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
    ) -> Int? {
        var index = newest[FacetTally.hash(type, value)]
        while let current = index {
            if values[current].value.elementsEqual(value), values[current].type.elementsEqual(type)
            {
                return current
            }
            index = values[current].next
        }
        return nil
    }

    private static func hash(_ value: Value) -> Int {
        value.type.withUnsafeBytes { type in
            value.value.withUnsafeBytes { hash(type, $0) }
        }
    }

    private static func hash(
        _ type: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
    ) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: type)
        hasher.combine(bytes: value)
        return hasher.finalize()
    }

    /// The most frequent values, then by value; and how often all the others were counted.
    func top(_ wanted: Int) -> (values: [Value], others: UInt64) {
        let sorted = values.sorted { left, right in
            guard left.count == right.count else { return left.count > right.count }
            guard left.value == right.value else {
                return left.value.lexicographicallyPrecedes(right.value)
            }
            return left.type.lexicographicallyPrecedes(right.type)
        }
        return (
            Array(sorted.prefix(wanted)), sorted.dropFirst(wanted).reduce(0) { $0 + $1.count }
        )
    }
}
