/// The claim of one process on a store's folder: a locked file that names it for the one that
/// comes second.
enum FolderLock {
    /// Throws `locked`. The folder is taken until the result goes.
    static func take(
        _ configuration: StoreConfiguration, _ fileSystem: any FileSystem
    ) throws(StoreError) -> any File {
        let lock = try StoreError.wrappingFileErrors { () throws(FileError) in
            try fileSystem.lock(configuration.lockPath)
        }
        guard lock.isTaken else {
            throw StoreError(
                .locked,
                "the data folder \(configuration.directory) is in use by \(holder(in: lock.file))")
        }
        name(processNumber(), in: lock.file)
        return lock.file
    }

    /// Only words: a disk without room for them can still be read from.
    private static func name(_ process: Int32, in file: any File) {
        let text = Array("\(process)\n".utf8)
        do {
            // In place, so that a full disk that had room for another number has it for this.
            var done = 0
            try text.withUnsafeBytes { bytes in
                try file.writeWhole(bytes, at: 0, done: &done)
            }
            try file.truncate(to: text.count)
        } catch {
            // Rather nobody than the one before.
            try? file.truncate(to: 0)
        }
    }

    private static func holder(in file: any File) -> String {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 1)
        defer { buffer.deallocate() }
        let count = (try? file.readWhole(into: buffer, at: 0)) ?? 0
        let number = String(decoding: buffer[..<count], as: UTF8.self).prefix { !$0.isNewline }
        return number.isEmpty ? "another process" : "process \(number)"
    }
}
