import AuditModel

@testable import EventStore

/// Which checksums of a log are made right: wrong ones would end nearly every input at once.
struct LogChecksums: OptionSet {
    let rawValue: UInt8
    static let headers = LogChecksums(rawValue: 1)
    static let frames = LogChecksums(rawValue: 2)

    /// The file with those that header and frames would have.
    func repaired(_ file: [UInt8]) -> [UInt8] {
        var file = file
        guard file.count >= LogHeader.bytes else { return file }
        if contains(.headers) { file.store(headerChecksum(of: file), at: 56) }
        guard contains(.frames) else { return file }
        let salt = file.littleEndian(at: 32)
        var start = LogHeader.bytes
        while start + FrameHeader.lengthMin <= file.count {
            let length = Int(file.littleEndian(at: start + 8) & 0xFFFF_FFFF)
            guard length >= FrameHeader.lengthMin, start + length <= file.count else { break }
            let body = file[(start + FrameHeader.bytes)..<(start + length)]
            file.store(checksum(body, salt: salt), at: start + 32)
            file.store(checksum(file[start..<start + 40], salt: salt), at: start + 40)
            start += length
        }
        return file
    }
}

/// Logs and segments have it at the same place.
func headerChecksum(of file: [UInt8]) -> UInt64 { checksum(file[..<56], salt: 0) }

private func checksum(_ bytes: ArraySlice<UInt8>, salt: UInt64) -> UInt64 {
    bytes.withUnsafeBytes { Checksum.of($0, salt: salt) }
}

extension [UInt8] {
    func littleEndian(at offset: Int) -> UInt64 {
        self[offset..<Swift.min(offset + 8, count)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func store(_ value: UInt64, at offset: Int) {
        for index in 0..<8 {
            self[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
        }
    }
}
