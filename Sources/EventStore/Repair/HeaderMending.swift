import AuditModel

/// Finds what a header was before one byte of it changed. The checksum tells the right one from the
/// 16,320 others: that another passes for it has a chance of one in 10^15.
enum HeaderMending {
    /// Calls `read` with `bytes`, then with each change of one byte, until it gives something.
    private static func attempt<Header>(
        _ bytes: UnsafeRawBufferPointer, _ read: (UnsafeRawBufferPointer) -> Header?
    ) -> (header: Header, isMended: Bool)? {
        if let header = read(bytes) { return (header, false) }
        let copy = OwnedBytes(count: bytes.count)
        copy.buffer.copyMemory(from: bytes)
        for offset in 0..<bytes.count {
            for value in UInt8.min...UInt8.max where value != bytes[offset] {
                copy.buffer[offset] = value
                if let header = read(copy.bytes) { return (header, true) }
            }
            copy.buffer[offset] = bytes[offset]
        }
        return nil
    }

    /// Nil when more than a byte has changed. Throws `unsupportedVersion`.
    static func logHeader(
        _ bytes: UnsafeRawBufferPointer, _ path: String
    ) throws(StoreError) -> (header: LogHeader, isMended: Bool)? {
        var newer: UInt32?
        let found = attempt(bytes) { bytes -> LogHeader? in
            do throws(LogHeader.Problem) {
                return try LogHeader(bytes)
            } catch {
                if case .version(let version) = error { newer = version }
                return nil
            }
        }
        if found == nil, let newer { throw unsupported(newer, path) }
        return found
    }

    static func segmentHeader(
        _ bytes: UnsafeRawBufferPointer, _ path: String
    ) throws(StoreError) -> (header: SegmentHeader, isMended: Bool)? {
        var newer: UInt32?
        let found = attempt(bytes) { bytes -> SegmentHeader? in
            do throws(SegmentHeader.Problem) {
                return try SegmentHeader(bytes)
            } catch {
                if case .version(let version) = error { newer = version }
                return nil
            }
        }
        if found == nil, let newer { throw unsupported(newer, path) }
        return found
    }

    private static func unsupported(_ version: UInt32, _ path: String) -> StoreError {
        StoreError(
            .unsupportedVersion,
            "\(path) is of version \(version), which this program does not know: repair it with "
                + "the program that wrote it")
    }
}
