import AuditModel
internal import Synchronization

/// The file of a segment: open while it is used much, closed and opened again as `OpenFiles` says.
final class SegmentFile: Sendable {
    let path: String
    let header: SegmentHeader
    let bytes: Int
    private let resources: SegmentResources
    private let handle: Mutex<Handle>
    /// It was read from since `OpenFiles` looked the last time.
    let wasUsed = Atomic<Bool>(true)

    private struct Handle {
        var file: (any File)?
        /// Its name may stand for something else: it is never closed while this lives.
        var isPinned = false
    }

    /// Throws `damaged` when there is no whole header, `unsupportedVersion` or `inputOutput`.
    static func open(
        _ path: String, _ resources: SegmentResources
    ) throws(StoreError) -> SegmentFile {
        let (file, bytes) = try StoreError.wrappingFileErrors { () throws(FileError) in
            let file = try resources.fileSystem.open(path, create: false)
            return (file, try file.size())
        }
        let header = try readHeader(of: file, path)
        let segment = SegmentFile(path, file, header, bytes: bytes, resources)
        resources.openFiles.register(segment)
        return segment
    }

    private init(
        _ path: String, _ file: any File, _ header: SegmentHeader, bytes: Int,
        _ resources: SegmentResources
    ) {
        self.path = path
        self.header = header
        self.bytes = bytes
        self.resources = resources
        handle = Mutex(Handle(file: file))
    }

    deinit {
        resources.openFiles.forget(self)
    }

    private static func readHeader(
        of file: any File, _ path: String
    ) throws(StoreError) -> SegmentHeader {
        let bytes = OwnedBytes(count: SegmentHeader.bytes)
        let count = try StoreError.wrappingFileErrors { () throws(FileError) in
            // One that the disk does not give is damaged as one that changed is.
            try file.readSectors(into: bytes.buffer, at: 0).count
        }
        do throws(SegmentHeader.Problem) {
            return try SegmentHeader(UnsafeRawBufferPointer(rebasing: bytes.bytes[..<count]))
        } catch {
            switch error {
            case .version(let version):
                throw StoreError(
                    .unsupportedVersion, "\(path) is of version \(version); this program knows 1")
            case .notWhole:
                // Its sequences are those that no other file has: the header would have named them.
                throw StoreError(.damaged, "no whole segment header at the start of \(path)")
            }
        }
    }

    // MARK: The handle

    private func open() throws(StoreError) -> any File {
        if let file = handle.withLock({ $0.file }) {
            wasUsed.store(true, ordering: .relaxed)
            return file
        }
        let file = try StoreError.wrappingFileErrors { () throws(FileError) in
            try resources.fileSystem.open(path, create: false)
        }
        guard try readHeader(of: file) == header else {
            throw StoreError(
                .inputOutput, "\(path) was replaced while it was in use; restart the server")
        }
        wasUsed.store(true, ordering: .relaxed)
        handle.withLock { $0.file = file }
        resources.openFiles.register(self)
        return file
    }

    /// Damage is that of all its events: who searches goes on behind them.
    private func readHeader(of file: any File) throws(StoreError) -> SegmentHeader {
        do throws(StoreError) {
            return try SegmentFile.readHeader(of: file, path)
        } catch {
            throw error.code == .damaged ? damaged("is not whole", 0, named: "the header") : error
        }
    }

    /// Closes it unless it is pinned; who reads from it at the moment goes on.
    func close() {
        let file = handle.withLock { handle -> (any File)? in
            guard !handle.isPinned else { return nil }
            return handle.file.take()
        }
        withExtendedLifetime(file) {}
    }

    /// Holds it open from now on.
    func pin() throws(StoreError) {
        let file = try open()
        handle.withLock { handle in
            handle.file = file
            handle.isPinned = true
        }
        resources.openFiles.forget(self)
    }

    // MARK: Reading

    /// Reads a piece and verifies it.
    ///
    /// - Parameter sequences: the events that are lost with it, for the error; nil for all.
    ///
    /// Throws `damaged`, also when the operating system refuses to read, or `inputOutput` when the
    /// file cannot be opened.
    func read(
        _ piece: Piece, of part: SegmentPart, _ sequences: SequenceRange? = nil
    ) throws(StoreError) -> VerifiedBytes {
        try read(piece, named: part.name, sequences)
    }

    func read(
        _ piece: Piece, named name: String, _ sequences: SequenceRange? = nil
    ) throws(StoreError) -> VerifiedBytes {
        let bytes = try readUnverified(
            piece.offset, piece.length + Piece.checksumBytes, named: name, sequences)
        let content = UnsafeRawBufferPointer(rebasing: bytes.bytes[..<piece.length])
        guard
            bytes.bytes.loadLittleEndian(UInt64.self, at: piece.length)
                == Piece.checksum(content, at: piece.offset, salt: header.salt)
        else {
            throw damaged("does not match its checksum", piece.offset, named: name, sequences)
        }
        return VerifiedBytes(bytes, length: piece.length)
    }

    /// Reads bytes that hold a checksum of their own.
    func readUnverified(
        _ offset: Int, _ count: Int, named name: String, _ sequences: SequenceRange? = nil
    ) throws(StoreError) -> OwnedBytes {
        let bytes = OwnedBytes(count: count)
        let file = try open()
        let done: Int
        do throws(FileError) {
            done = try file.readWhole(into: bytes.buffer, at: offset)
        } catch {
            var damage = damaged("cannot be read", offset, named: name, sequences)
            damage.cause = error
            throw damage
        }
        guard done == count else { throw damaged("is cut off", offset, named: name, sequences) }
        return bytes
    }

    /// - Parameter sequences: nil for all of the segment.
    func damaged(
        _ what: String, _ piece: Piece, _ part: SegmentPart, _ sequences: SequenceRange? = nil
    ) -> StoreError {
        damaged(what, piece.offset, named: part.name, sequences)
    }

    func damaged(
        _ what: String, _ offset: Int, named name: String, _ sequences: SequenceRange? = nil
    ) -> StoreError {
        .damaged(
            "\(name): \(what),", part: name, file: path, offset: offset,
            sequences: sequences ?? header.sequences)
    }
}

/// What was read of a piece, without its checksum.
struct VerifiedBytes: ~Copyable {
    private let owned: OwnedBytes
    private let length: Int

    init(_ owned: consuming OwnedBytes, length: Int) {
        self.owned = owned
        self.length = length
    }

    /// Valid as long as this is.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: owned.bytes[..<length]) }
}

/// Which segments have their files open: those that were used last, up to a limit (the clock
/// algorithm). What is pinned does not count.
final class OpenFiles: Sendable {
    fileprivate struct State {
        var files: [Entry] = []
        var hand = 0
    }

    fileprivate struct Entry {
        var identity: ObjectIdentifier
        weak var file: SegmentFile?
    }

    private let state = Mutex(State())
    private let filesMax: Int

    init(filesMax: Int) { self.filesMax = max(1, filesMax) }

    var count: Int { state.withLock { $0.files.count } }

    /// Notes a file that was opened, and closes another one when there are too many.
    func register(_ file: SegmentFile) {
        let surplus = state.withLock { state -> SegmentFile? in
            let identity = ObjectIdentifier(file)
            guard !state.files.contains(where: { $0.identity == identity }) else { return nil }
            let surplus = state.files.count < filesMax ? nil : state.removeUnused()
            state.files.append(Entry(identity: identity, file: file))
            return surplus
        }
        surplus?.close()
    }

    func forget(_ file: SegmentFile) {
        let identity = ObjectIdentifier(file)
        state.withLock { state in state.files.removeAll { $0.identity == identity } }
    }
}

extension OpenFiles.State {
    /// Takes out the next file that was not used since the hand came by.
    fileprivate mutating func removeUnused() -> SegmentFile? {
        while true {
            if hand >= files.count { hand = 0 }
            // One that is gone closes itself.
            guard let file = files[hand].file,
                file.wasUsed.exchange(false, ordering: .relaxed)
            else { break }
            hand += 1
        }
        return files.remove(at: hand).file
    }
}
