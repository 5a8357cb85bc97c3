import AuditModel

/// The file of a segment that is being written, from the front to the back, and removed unless it gets
/// its name.
struct SegmentOutput: ~Copyable, @unchecked Sendable {
    // @unchecked: one owner.
    private let fileSystem: any FileSystem
    private let directory: String
    private let name: String
    private let unfinishedName: String
    private let file: any File
    private let salt: UInt64
    private var waiting = FlatArray<UInt8>(capacity: Limits.segmentWriteBytes * 5 / 4)
    private var written = 0
    private var isNamed = false

    /// Begins the temporary file and its header. Throws `diskFull` or `inputOutput`.
    init(
        _ header: SegmentHeader, in directory: String, _ fileSystem: any FileSystem
    ) throws(StoreError) {
        self.fileSystem = fileSystem
        self.directory = directory
        name = SegmentName.of(header.sequences.first)
        unfinishedName = SegmentName.unfinished(header.sequences.first)
        salt = header.salt
        let path = directory + "/" + unfinishedName
        file = try StoreError.wrappingFileErrors { () throws(FileError) in
            // An attempt before may have left it.
            try? fileSystem.remove(path)
            return try fileSystem.open(path, create: true)
        }
        header.write(
            to: UnsafeMutableRawBufferPointer(waiting.appendUninitialized(SegmentHeader.bytes)))
    }

    deinit {
        if !isNamed { try? fileSystem.remove(directory + "/" + unfinishedName) }
    }

    /// Where the next byte goes, from the start of the file.
    var offset: Int { written + waiting.count }

    /// Appends a piece and its checksum.
    @discardableResult
    mutating func append(_ bytes: UnsafeRawBufferPointer) throws(StoreError) -> Piece {
        let piece = Piece(offset: offset, length: bytes.count)
        waiting.append(bytes)
        waiting.append(littleEndian: Piece.checksum(bytes, at: piece.offset, salt: salt))
        if waiting.count >= Limits.segmentWriteBytes { try flush() }
        return piece
    }

    private mutating func flush() throws(StoreError) {
        let bytes = waiting.bytes
        try StoreError.wrappingFileErrors { () throws(FileError) in
            var done = 0
            try file.writeWhole(bytes, at: written, done: &done)
        }
        written += waiting.count
        waiting.removeAll()
    }

    /// Writes the footer, makes the file durable, and gives it its name, durably. Gives its path.
    mutating func finish(_ footer: SegmentFooter) throws(StoreError) -> String {
        var bytes = FlatArray<UInt8>()
        footer.write(to: &bytes)
        let piece = try append(bytes.bytes)
        SegmentTail.write(footerAt: piece.offset, salt: salt, to: &waiting)
        try flush()
        let path = directory + "/" + name
        try StoreError.wrappingFileErrors { () throws(FileError) in
            try file.synchronize()
            try fileSystem.rename(directory + "/" + unfinishedName, to: path)
        }
        isNamed = true
        try StoreError.wrappingFileErrors { () throws(FileError) in
            try fileSystem.synchronizeDirectory(directory)
        }
        return path
    }
}
