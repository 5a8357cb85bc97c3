/// A file read front to back through one buffer.
struct ReplayWindow: ~Copyable {
    private let file: any File
    let fileBytes: Int
    private var buffer: UnsafeMutableRawBufferPointer
    private var start = 0
    private var filled = 0

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
            filled = try StoreError.wrappingFileErrors { () throws(FileError) in
                try file.readWhole(into: buffer, at: offset)
            }
        }
        let first = offset - start
        guard first + count <= filled else { return nil }
        return UnsafeRawBufferPointer(rebasing: buffer[first..<first + count])
    }

    /// The end of the last byte from `offset` on that is not zero; `offset` when there is none.
    mutating func endOfData(from offset: Int) throws(StoreError) -> Int {
        var end = offset
        var position = offset
        while position < fileBytes {
            let count = min(64 * 1024, fileBytes - position)
            guard let bytes = try bytes(at: position, count: count) else { break }
            if !bytes.isAllZero, let last = bytes.lastIndex(where: { $0 != 0 }) {
                end = position + last + 1
            }
            position += count
        }
        return end
    }
}
