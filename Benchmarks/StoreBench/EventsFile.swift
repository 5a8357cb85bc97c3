import AuditModel
import Glibc

/// One event as all programs of the benchmark read it.
///
/// In the file: occurred_at and recorded_at in nanoseconds, the two halves of the id (eight bytes
/// each), then organization, actor, target, event type, source and the encoded event without the
/// server's fields, each behind its length in four bytes; all little endian.
struct EventRecord {
    var occurredAt: Timestamp
    var recordedAt: Timestamp
    var id: EventID
    /// In the order of the file; the last one is the event.
    var texts: [[UInt8]]

    static let textCount = 6

    func append(to bytes: inout [UInt8]) {
        func integer(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
        }
        integer(occurredAt.nanosecondsSinceEpoch)
        integer(recordedAt.nanosecondsSinceEpoch)
        integer(id.high)
        integer(id.low)
        for text in texts {
            integer(UInt32(text.count))
            bytes += text
        }
    }
}

/// What ingesting needs of a record, in the mapped file.
struct EventRecordView {
    var occurredAt: Timestamp
    var recordedAt: Timestamp
    var id: EventID
    var organization: UnsafeRawBufferPointer
    var event: UnsafeRawBufferPointer
}

/// The file of events, mapped into memory; read from the front.
struct EventsFile: ~Copyable {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    init(_ path: String) {
        let file = open(path, O_RDONLY)
        var status = stat()
        guard file >= 0, fstat(file, &status) == 0 else { fail("cannot read \(path)") }
        let size = Int(status.st_size)
        guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, file, 0), start != MAP_FAILED
        else { fail("cannot map \(path)") }
        close(file)
        madvise(start, size, MADV_SEQUENTIAL)
        bytes = UnsafeRawBufferPointer(start: start, count: size)
    }

    deinit {
        munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress!), bytes.count)
    }

    private mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type
    ) -> Value {
        defer { offset += MemoryLayout<Value>.size }
        return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type))
    }

    private mutating func text() -> UnsafeRawBufferPointer {
        let count = Int(integer(UInt32.self))
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    /// Nil at the end.
    mutating func next() -> EventRecordView? {
        guard offset < bytes.count else { return nil }
        let occurredAt = Timestamp(nanosecondsSinceEpoch: integer(Int64.self))
        let recordedAt = Timestamp(nanosecondsSinceEpoch: integer(Int64.self))
        let id = EventID(high: integer(UInt64.self), low: integer(UInt64.self))
        let organization = text()
        for _ in 1..<EventRecord.textCount - 1 { _ = text() }
        return EventRecordView(
            occurredAt: occurredAt, recordedAt: recordedAt, id: id, organization: organization,
            event: text())
    }
}

/// A file that is written from the front in large pieces.
struct OutputFile: ~Copyable {
    private static let pieceBytes = 1 << 20
    private let file: Int32
    var bytes: [UInt8] = []

    init(_ path: String) {
        file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard file >= 0 else { fail("cannot write \(path)") }
    }

    deinit {
        close(file)
    }

    mutating func flushIfFull() {
        if bytes.count >= OutputFile.pieceBytes { flush() }
    }

    mutating func flush() {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(file, $0.baseAddress! + done, $0.count - done)
            }
            guard count > 0 else { fail("the events cannot be written: the disk may be full") }
            done += count
        }
        bytes.removeAll(keepingCapacity: true)
    }
}
