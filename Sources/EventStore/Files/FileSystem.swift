/// The file operations that the store needs, and nothing more; tests put a disk that fails in its
/// place.
///
/// Paths are absolute or relative to the process. Nothing is durable before the named
/// synchronization returned.
package protocol FileSystem: Sendable {
    /// Makes a folder for the owner alone, in one that is there. False when it was there already.
    func createDirectory(_ path: String) throws(FileError) -> Bool

    /// The names in a folder, in no order.
    func list(_ path: String) throws(FileError) -> [String]

    /// Opens a file for reading and writing. `create` makes it (for the owner alone) and fails when
    /// it is there.
    func open(_ path: String, create: Bool) throws(FileError) -> any File

    /// Gives a file another name in one step, in the place of a file that has it.
    func rename(_ path: String, to newPath: String) throws(FileError)

    /// Gives a file a second name, which must be free, in the same folder or another: one file then, as
    /// long as either is there. Fails with an error that `isUnlinkable` where that cannot be.
    func link(_ path: String, to newPath: String) throws(FileError)

    /// Takes the name away; open files stay readable.
    func remove(_ path: String) throws(FileError)

    /// Takes an empty folder away.
    func removeDirectory(_ path: String) throws(FileError)

    /// What the files of a folder may still grow by, as far as the file system can tell.
    func freeBytes(_ path: String) throws(FileError) -> Int

    /// Makes the names in a folder durable.
    func synchronizeDirectory(_ path: String) throws(FileError)

    /// Opens a file, makes it when it is missing, and takes it as an exclusive lock, which lasts as
    /// long as the file is open. Not taken when another has it.
    func lock(_ path: String) throws(FileError) -> (file: any File, isTaken: Bool)
}

/// An open file; closed when the last reference goes. Any thread may read.
package protocol File: Sendable {
    /// Reads at most `buffer.count` bytes; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) -> Int

    /// Writes at most `bytes.count` bytes and says how many: fewer is no error.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) -> Int

    /// Makes what was written durable, and what is needed to read it. After a failure nothing is
    /// known of the writes before, also when a second call succeeds: what then counts is to write
    /// the same bytes again.
    func synchronize() throws(FileError)

    func truncate(to bytes: Int) throws(FileError)

    func size() throws(FileError) -> Int
}

/// An operation that the operating system refused.
package struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A verb: "open", "write".
    package var operation: String
    package var path: String
    /// The value of errno.
    package var number: Int32

    package init(operation: String, path: String, number: Int32) {
        self.operation = operation
        self.path = path
        self.number = number
    }

    package var description: String { "\(operation) \(path): \(reason)" }
}
