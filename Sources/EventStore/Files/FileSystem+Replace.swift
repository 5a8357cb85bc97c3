extension FileSystem {
    /// Puts a file of these bytes in the place of `path`, or makes it, in one step that a crash
    /// leaves done or undone: written aside as `path.new`, synchronized, renamed, and the folder
    /// synchronized.
    package func replace(_ path: String, with bytes: [UInt8]) throws(FileError) {
        let aside = path + ".new"
        do throws(FileError) {
            try remove(aside)
        } catch {
            // What a crash left behind; usually there is nothing.
            guard error.isMissing else { throw error }
        }
        let file = try open(aside, create: true)
        var done = 0
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(FileError) in try file.writeWhole(buffer, at: 0, done: &done) }
        }
        try result.get()
        try file.synchronize()
        try rename(aside, to: path)
        try synchronizeDirectory(FolderPath.parent(of: path))
    }

    /// All bytes of a file; nil when there is none. Throws also when it is longer than `bytesMax`.
    package func contents(_ path: String, bytesMax: Int) throws(FileError) -> [UInt8]? {
        let file: any File
        do throws(FileError) {
            file = try open(path, create: false)
        } catch {
            guard error.isMissing else { throw error }
            return nil
        }
        let size = try file.size()
        guard size <= bytesMax else {
            throw FileError(operation: "read", path: path, number: FileError.tooLarge)
        }
        var bytes = [UInt8](repeating: 0, count: size)
        let count = try bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(FileError) in try file.readWhole(into: buffer, at: 0) }
        }.get()
        return Array(bytes[..<count])
    }

    /// Gives a file a second name; where the file system has none, a copy, which needs room and has zeros
    /// for what the disk does not give. Durable once the folder is synchronized.
    func keep(_ path: String, as newPath: String) throws(FileError) {
        do throws(FileError) {
            return try link(path, to: newPath)
        } catch {
            guard error.isUnlinkable else { throw error }
        }
        let source = try open(path, create: false)
        let copy = try open(newPath, create: true)
        let buffer = OwnedBytes(count: Limits.salvageBytes)
        var offset = 0
        while true {
            let count = try source.readSectors(into: buffer.buffer, at: offset).count
            guard count > 0 else { break }
            var done = 0
            try copy.writeWhole(
                UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count]), at: offset, done: &done)
            offset += count
        }
        try copy.synchronize()
    }
}
