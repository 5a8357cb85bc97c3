/// A growing array of plain values with one owner: no reference count, no copy on write, no check
/// of exclusivity. For the inner loops of sealing, which add some hundred values an event.
struct FlatArray<Element: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
    // @unchecked: the memory has one owner, and the owner is moved, never shared.
    private var base: UnsafeMutablePointer<Element>
    private var capacity: Int
    private(set) var count = 0

    init(capacity: Int = 0) {
        self.capacity = max(capacity, 16)
        base = .allocate(capacity: self.capacity)
    }

    /// `count` times the same value.
    init(repeating value: Element, count: Int) {
        self.init(capacity: count)
        base.initialize(repeating: value, count: count)
        self.count = count
    }

    deinit {
        base.deallocate()
    }

    var isEmpty: Bool { count == 0 }

    /// In bytes.
    var residentBytes: Int { capacity * MemoryLayout<Element>.stride }

    @inline(__always)
    subscript(index: Int) -> Element {
        get {
            assert(index >= 0 && index < count)
            return base[index]
        }
        set {
            assert(index >= 0 && index < count)
            base[index] = newValue
        }
    }

    /// Valid until the array grows or goes.
    var elements: UnsafeMutableBufferPointer<Element> {
        UnsafeMutableBufferPointer(start: base, count: count)
    }

    @inline(__always)
    mutating func append(_ element: Element) {
        if count == capacity { grow(to: count + 1) }
        (base + count).initialize(to: element)
        count += 1
    }

    /// Room for so many more; the caller fills it.
    mutating func appendUninitialized(_ more: Int) -> UnsafeMutableBufferPointer<Element> {
        if count + more > capacity { grow(to: count + more) }
        defer { count += more }
        return UnsafeMutableBufferPointer(start: base + count, count: more)
    }

    /// Takes back what is behind; keeps the memory.
    mutating func truncate(to count: Int) {
        assert(count <= self.count)
        self.count = count
    }

    mutating func removeAll() { count = 0 }

    @inline(never)
    private mutating func grow(to least: Int) {
        let larger = max(least, capacity * 2)
        let moved = UnsafeMutablePointer<Element>.allocate(capacity: larger)
        moved.moveInitialize(from: base, count: count)
        base.deallocate()
        base = moved
        capacity = larger
    }
}
