/// A block of memory with one owner.
struct OwnedBytes: ~Copyable, @unchecked Sendable {
    // @unchecked: the memory has one owner, and the owner is moved, never shared.
    private(set) var buffer: UnsafeMutableRawBufferPointer

    init(count: Int) {
        buffer = .allocate(byteCount: count, alignment: 16)
    }

    deinit {
        buffer.deallocate()
    }

    /// Valid as long as this is.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(buffer) }
    var count: Int { buffer.count }
}
