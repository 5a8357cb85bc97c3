/// A file read front to back through one buffer. Zeros stand for sectors that the disk does not give.
struct ReplayWindow: ~Copyable {
    private let file: any File
    let fileBytes: Int
    private var buffer: UnsafeMutableRawBufferPointer
    private var start = 0
    private var filled = 0
    /// What could not be read of what is in the buffer.
    private var unreadable: [Range<Int>] = []

    init(_ file: any File) throws(StoreError) {
        self.file = file
        fileBytes = try StoreError.wrappingFileErrors { () throws(FileError) in try file.size() }
        buffer = .allocate(byteCount: 1024 * 1024, alignment: 16)
    }

    deinit {
        buffer.deallocate()
    }

    /// The bytes of a range, valid until the next call; nil when the file ends before. A range is
    /// at most a frame.
    mutating func bytes(at offset: Int, count: Int) throws(StoreError) -> UnsafeRawBufferPointer? {
        guard offset + count <= fileBytes else { return nil }
        if offset < start || offset + count > start + filled {
            if count > buffer.count {
                buffer.deallocate()
                buffer = .allocate(byteCount: count, alignment: 16)
            }
            start = offset
            filled = 0
            let (file, buffer) = (file, buffer)
            let read = try StoreError.wrappingFileErrors { () throws(FileError) in
                try file.readSectors(into: buffer, at: offset)
            }
            filled = read.count
            unreadable = read.unreadable
        }
        let first = offset - start
        guard first + count <= filled else { return nil }
        return UnsafeRawBufferPointer(rebasing: buffer[first..<first + count])
    }

    /// Where the first byte is, of those that `bytes` gave last for the same range, that the disk does not
    /// give; nil when it gives all.
    func firstUnreadable(at offset: Int, count: Int) -> Int? {
        unreadable.first { $0.overlaps(offset..<offset + count) }
            .map { max($0.lowerBound, offset) }
    }

    /// The end of the last byte from `offset` on that is not zero or not known; `offset` when there is none.
    mutating func endOfData(from offset: Int) throws(StoreError) -> Int {
        var end = offset
        var position = offset
        while position < fileBytes {
            let count = min(64 * 1024, fileBytes - position)
            guard let bytes = try bytes(at: position, count: count) else { break }
            if !bytes.isAllZero, let last = bytes.lastIndex(where: { $0 != 0 }) {
                end = position + last + 1
            }
            let stretch = position..<position + count
            if let last = unreadable.last(where: { $0.overlaps(stretch) }) {
                end = max(end, min(last.upperBound, stretch.upperBound))
            }
            position += count
        }
        return end
    }
}
