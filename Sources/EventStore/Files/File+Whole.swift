extension File {
    /// Reads until `buffer` is full or the file ends; says how many bytes.
    func readWhole(
        into buffer: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(FileError) -> Int {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = try read(into: rest, at: offset + done)
            guard count > 0 else { break }
            done += count
        }
        return done
    }

    /// Writes all of `bytes`; `done` says how many even when it fails.
    func writeWhole(
        _ bytes: UnsafeRawBufferPointer, at offset: Int, done: inout Int
    ) throws(FileError) {
        done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            done += try write(rest, at: offset + done)
        }
    }

    /// Fills a range with zeros; `done` says how many even when it fails.
    func writeZeros(_ range: Range<Int>, done: inout Int) throws(FileError) {
        let zeros = UnsafeMutableRawBufferPointer.allocate(
            byteCount: min(range.count, 1024 * 1024), alignment: 16)
        defer { zeros.deallocate() }
        zeros.initializeMemory(as: UInt8.self, repeating: 0)
        done = 0
        while done < range.count {
            let count = min(range.count - done, zeros.count)
            done += try write(
                UnsafeRawBufferPointer(rebasing: zeros[..<count]), at: range.lowerBound + done)
        }
    }
}
