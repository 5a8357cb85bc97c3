/// What was read of a stretch of a file of which the disk may refuse sectors.
struct SectorRead {
    /// From the start of the stretch on; fewer than were asked for where the file ends.
    var count = 0
    /// What the disk did not give, in order and without overlap, from the start of the file. Zeros stand
    /// for it.
    var unreadable: [Range<Int>] = []
}

extension File {
    /// Reads as `readWhole` does, around sectors that the disk refuses: a read that fails is halved until
    /// only these are left out.
    ///
    /// Throws what is no matter of single sectors.
    func readSectors(
        into buffer: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(FileError) -> SectorRead {
        var result = SectorRead()
        do throws(FileError) {
            result.count = try readWhole(into: buffer, at: offset)
        } catch {
            guard error.isUnreadable else { throw error }
            let count = min(buffer.count, max(0, try size() - offset))
            try readHalves(
                into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]), at: offset, &result
            )
        }
        return result
    }

    /// Of a stretch that cannot be read at once.
    private func readHalves(
        into buffer: UnsafeMutableRawBufferPointer, at offset: Int, _ result: inout SectorRead
    ) throws(FileError) {
        guard let middle = Sector.middle(of: offset..<offset + buffer.count) else {
            buffer.initializeMemory(as: UInt8.self, repeating: 0)
            return result.add(offset..<offset + buffer.count)
        }
        for half in [offset..<middle, middle..<offset + buffer.count] {
            let part = UnsafeMutableRawBufferPointer(
                rebasing: buffer[half.lowerBound - offset..<half.upperBound - offset])
            do throws(FileError) {
                result.count += try readWhole(into: part, at: half.lowerBound)
            } catch {
                guard error.isUnreadable else { throw error }
                try readHalves(into: part, at: half.lowerBound, &result)
            }
        }
    }
}

extension SectorRead {
    fileprivate mutating func add(_ range: Range<Int>) {
        count += range.count
        if let last = unreadable.last, last.upperBound == range.lowerBound {
            unreadable[unreadable.count - 1] = last.lowerBound..<range.upperBound
        } else {
            unreadable.append(range)
        }
    }
}

/// The least that a disk writes and reads: whole or not at all.
enum Sector {
    static let bytes = 512

    /// The boundary of sectors in the middle of a stretch of a file; nil when it lies in one sector.
    fileprivate static func middle(of range: Range<Int>) -> Int? {
        let first = range.lowerBound / bytes + 1
        let end = (range.upperBound + bytes - 1) / bytes
        return first < end ? (first + (end - first) / 2) * bytes : nil
    }
}
