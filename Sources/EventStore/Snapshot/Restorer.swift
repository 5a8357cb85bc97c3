import AuditModel

/// The first start of a snapshot: makes it a store of its own.
///
/// Its files were put there by somebody who may not have synchronized them, so that is done first; then
/// the log behind the skipped sequences is begun, and only then the marker goes. A start that does not
/// come to its end is made again from the beginning, and nothing is served before.
struct Restorer {
    let configuration: StoreConfiguration
    let fileSystem: any FileSystem
    let restoration: Restoration

    /// The parts with the log that is written next. Throws `diskFull` or `inputOutput`.
    func run(_ parts: [StorePart]) throws(StoreError) -> [StorePart] {
        try StoreError.wrappingFileErrors { () throws(FileError) in
            for part in parts { try synchronize(part.path) }
            for path in configuration.companionPaths + [configuration.lostPath] {
                do throws(FileError) {
                    try synchronize(path)
                } catch {
                    guard error.isMissing else { throw error }
                }
            }
            try fileSystem.synchronizeDirectory(configuration.segmentDirectory)
            try fileSystem.synchronizeDirectory(configuration.logDirectory)
        }
        let parts = try beginLog(behind: parts)
        try StoreError.wrappingFileErrors { () throws(FileError) in
            try fileSystem.remove(configuration.snapshotMarkerPath)
            try fileSystem.synchronizeDirectory(configuration.directory)
        }
        return parts
    }

    private func synchronize(_ path: String) throws(FileError) {
        try fileSystem.open(path, create: false).synchronize()
    }

    private func beginLog(behind parts: [StorePart]) throws(StoreError) -> [StorePart] {
        guard let last = parts.last?.log else { preconditionFailure("the last part is a log") }
        // A start before may have come so far.
        guard last.header.firstSequence != restoration.next else { return parts }
        let header = LogHeader(
            firstSequence: restoration.next, recordedAtFloor: last.extent.newestRecordedAt,
            salt: configuration.salt(), skipped: restoration.skipped)
        return try StoreError.wrappingFileErrors { () throws(FileError) in
            let log = try LogFile.create(header, in: configuration.logDirectory, fileSystem)
            guard last.isEmpty else { return parts + [.log(log)] }
            try fileSystem.remove(last.path)
            try fileSystem.synchronizeDirectory(configuration.logDirectory)
            return parts.dropLast() + [.log(log)]
        }
    }
}
