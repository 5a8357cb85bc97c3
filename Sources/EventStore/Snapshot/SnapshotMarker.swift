package import AuditModel

/// The file `SNAPSHOT` at the top of a snapshot: makes a start go on with sequences that were never
/// given out, and tells an unfinished snapshot and an incomplete copy from a whole one.
///
/// Lines of text that people may read; the last one is the checksum of those before it. The format is
/// described in docs/disk-format.md.
package struct SnapshotMarker: Hashable, Sendable {
    /// When it was begun, by the wall clock.
    package var createdAt: Timestamp
    /// Nil until all of the snapshot is on stable storage.
    package var content: Content?

    package struct Content: Hashable, Sendable {
        /// The first one that its files stand for, whether retention left the event out or not.
        package var first: Sequence
        package var head: Sequence
        package var events: Int
        /// Logs and segments.
        package var files: Int
        /// Of these files.
        package var bytes: Int
    }

    /// Says of the snapshot what its files are now.
    mutating func describe(_ parts: [StorePart]) {
        content = Content(
            first: parts.first?.firstSequence ?? .zero, head: parts.last?.lastSequence ?? .zero,
            events: parts.reduce(0) { $0 + $1.events }, files: parts.count,
            bytes: parts.reduce(0) { $0 + $1.bytes })
    }

    static let name = "SNAPSHOT"
    /// Of a marker that is being written.
    static let unfinishedName = name + ".new"
    static let version = 1
    private static let title = "AuditRPC snapshot"
    private static let checksumName = "checksum"

    /// What is wrong with the text of a marker.
    enum Problem: Error, Equatable {
        case notWhole
        case version(String)
    }

    /// The bytes of the file.
    var text: [UInt8] {
        var lines = [
            "\(Self.title) \(Self.version)", "created_at \(createdAt.nanosecondsSinceEpoch)",
        ]
        if let content {
            lines += [
                "first_sequence \(content.first)", "head_sequence \(content.head)",
                "events \(content.events)", "files \(content.files)", "bytes \(content.bytes)",
            ]
        } else {
            lines.append("unfinished")
        }
        let body = Array((lines.joined(separator: "\n") + "\n").utf8)
        return body + Array("\(Self.checksumName) \(Self.checksum(of: body))\n".utf8)
    }

    private static func checksum(of body: [UInt8]) -> String {
        let digits = String(body.withUnsafeBytes { Checksum.of($0, salt: 0) }, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    init(createdAt: Timestamp, content: Content? = nil) {
        self.createdAt = createdAt
        self.content = content
    }

    /// Takes what `text` gives and nothing else.
    init(_ text: [UInt8]) throws(Problem) {
        let lines = String(decoding: text, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false)
        guard let start = text.dropLast().lastIndex(of: UInt8(ascii: "\n")),
            lines[lines.count - 2] == "\(Self.checksumName) "
                + Self.checksum(of: Array(text[...start]))
        else { throw .notWhole }
        // After the checksum: a flipped bit is damage and not another version.
        let title = lines[0].split(separator: " ")
        guard title.count == 3, title[0] + " " + title[1] == Self.title else { throw .notWhole }
        guard title[2] == "\(Self.version)" else { throw .version(String(title[2])) }
        var numbers: [Substring: Int64] = [:]
        for line in lines.dropFirst() {
            let words = line.split(separator: " ")
            if words.count == 2, let number = Int64(words[1]) { numbers[words[0]] = number }
        }
        createdAt = Timestamp(nanosecondsSinceEpoch: numbers["created_at"] ?? 0)
        content = try Self.content(numbers)
        guard self.text == text else { throw .notWhole }
    }

    private static func content(_ numbers: [Substring: Int64]) throws(Problem) -> Content? {
        guard numbers.count > 1 else { return nil }
        guard let first = numbers["first_sequence"], let head = numbers["head_sequence"],
            let events = numbers["events"], let files = numbers["files"],
            let bytes = numbers["bytes"], first >= 0, head >= 0
        else { throw .notWhole }
        return Content(
            first: Sequence(UInt64(first)), head: Sequence(UInt64(head)), events: Int(events),
            files: Int(files), bytes: Int(bytes))
    }
}

extension SnapshotMarker {
    /// That of a folder; nil where there is none. Throws `snapshotRefused` for one that cannot be
    /// understood, `unsupportedVersion` or `inputOutput`.
    static func read(
        in directory: String, _ fileSystem: any FileSystem
    ) throws(StoreError) -> SnapshotMarker? {
        let path = directory + "/" + name
        let text: [UInt8]?
        do throws(FileError) {
            text = try fileSystem.contents(path, bytesMax: Limits.snapshotMarkerBytesMax)
        } catch {
            guard error.isTooLarge else {
                throw StoreError(
                    .inputOutput, "cannot \(error.operation) \(path): \(error.reason)", cause: error
                )
            }
            throw damaged(path)
        }
        guard let text else {
            // The very first step of a snapshot was interrupted.
            let isBegun = try StoreError.wrappingFileErrors { () throws(FileError) in
                try fileSystem.list(directory).contains(unfinishedName)
            }
            if isBegun { throw unfinished(directory) }
            return nil
        }
        do throws(Problem) {
            return try SnapshotMarker(text)
        } catch {
            guard case .version(let version) = error else { throw damaged(path) }
            throw StoreError(
                .unsupportedVersion,
                "\(path) is of version \(version), and this program reads version \(Self.version): "
                    + "start the program that wrote it")
        }
    }

    static func unfinished(_ directory: String) -> StoreError {
        StoreError(
            .snapshotRefused,
            """
            \(directory) holds a snapshot that was not finished. Nothing was changed. Take another \
            one, and remove this
            """)
    }

    private static func damaged(_ path: String) -> StoreError {
        StoreError(
            .snapshotRefused,
            """
            \(path) is damaged, so it is not known which sequences were given out after the \
            snapshot. Nothing was changed. Copy the snapshot once more, or take the one before it
            """)
    }
}
