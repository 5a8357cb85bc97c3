package import EventStore
import Synchronization

/// A disk in memory that fails by plan and loses at a power cut what was not synchronized.
///
/// Reads see what the kernel has in memory. A killed process changes nothing about that: what it did
/// not synchronize is still to be lost. A synchronization that fails forgets what it should have
/// written: a later one succeeds without writing it.
package final class SimulatedDisk: FileSystem {
    private let state: Mutex<State>

    /// Operations that change something, as they are counted.
    package enum Operation: Hashable, Sendable {
        case create, write, synchronize, truncate, rename, link, remove
        case createDirectory, removeDirectory, synchronizeDirectory
    }

    fileprivate struct State: Sendable {
        var nodes: [Int: Node] = [:]
        var nextNode = 0
        var folders: [String: Folder] = [".": Folder()]
        var plan: FaultPlan = .none
        var counts: [Operation: Int] = [:]
        var steps = 0
        var reads = 0
        /// Folders that were removed, for who finds their name after a power cut.
        var removed: [String: Folder] = [:]
        /// By path, whether a file is locked.
        var locks: [String: @Sendable () -> Bool] = [:]
    }

    /// The names in a folder and the numbers of their nodes.
    fileprivate struct Folder: Sendable {
        static let node = -1

        var names: [String: Int] = [:]
        var durable: [String: Int] = [:]
        /// Names as they were after each change since the last synchronization.
        var history: [[String: Int]] = []

        /// Those that have a name, or may have one after a power cut.
        var nodes: [Int] { ([names, durable] + history).flatMap(\.values) }
    }

    fileprivate struct Node: Sendable {
        var current: [UInt8] = []
        /// What is on the disk for certain, before the changes.
        var durable: [UInt8] = []
        var changes: [Change] = []
        /// By number: those that the disk does not give.
        var badSectors: Set<Int> = []
    }

    fileprivate struct Change: Sendable {
        enum Kind {
            case write(Int, [UInt8])
            case truncate(Int)
        }

        enum Fate {
            /// The next synchronization writes it.
            case pending
            /// None will; it may be on the disk.
            case lost
            case durable
        }

        var kind: Kind
        var fate = Fate.pending
    }

    package init() {
        state = Mutex(State())
    }

    private init(_ initial: State) {
        state = Mutex(initial)
    }

    // MARK: What tests do with it

    package var plan: FaultPlan {
        get { state.withLock { $0.plan } }
        set { state.withLock { $0.plan = newValue } }
    }

    /// The number of operations of a kind.
    package func count(_ operation: Operation) -> Int {
        state.withLock { $0.counts[operation] ?? 0 }
    }

    /// The number of all operations that change something: the steps of a fault plan.
    package var steps: Int { state.withLock { $0.steps } }

    /// The number of reads of files.
    package var reads: Int { state.withLock { $0.reads } }

    package func contents(_ path: String) -> [UInt8]? {
        state.withLock { state in state.node(path).map { state.nodes[$0]!.current } }
    }

    /// Changes a file behind the program's back, durably.
    package func overwrite(_ path: String, _ body: (inout [UInt8]) -> Void) {
        state.withLock { state in
            guard let node = state.node(path) else { return }
            var bytes = state.nodes[node]!.current
            body(&bytes)
            state.nodes[node] = Node(current: bytes, durable: bytes)
        }
    }

    /// Makes the sectors of a file in which these bytes lie bad: reads of them fail, until `overwrite`.
    package func spoil(_ path: String, _ bytes: Range<Int>) {
        state.withLock { state in
            guard let node = state.node(path), !bytes.isEmpty else { return }
            let sectors = bytes.lowerBound / 512...(bytes.upperBound - 1) / 512
            state.nodes[node]!.badSectors.formUnion(sectors)
        }
    }

    /// Takes a folder and what is in it away behind the program's back, durably.
    package func removeFolder(_ path: String) { moveFolder(path, to: nil) }

    /// Gives a folder of the top another name likewise; what had that name is gone.
    package func moveFolder(_ path: String, to newPath: String?) {
        state.withLock { state in
            if let newPath { state.forget(newPath) }
            let moved = state.folders.filter { SimulatedDisk.isIn(path, $0.key) }
            state.forget(path)
            guard let newPath, !moved.isEmpty else { return }
            for (key, folder) in moved {
                state.folders[newPath + key.dropFirst(path.count)] = folder
            }
            state.folders["."]!.names[newPath] = Folder.node
            state.folders["."]!.settle()
        }
    }

    fileprivate static func isIn(_ folder: String, _ path: String) -> Bool {
        path == folder || path.hasPrefix(folder + "/")
    }

    /// The paths of all files, in order.
    package var paths: [String] { state.withLock { $0.files.map(\.path).sorted() } }

    /// The bytes of all files.
    package var bytes: Int { state.withLock { $0.bytes } }

    /// The disk as a killed process leaves it: everything that was written can be read, and what
    /// was not synchronized can still be lost.
    package func afterKill() -> SimulatedDisk {
        let copy = state.withLock { state -> State in
            var copy = State()
            let folders = Array(state.folders.values) + state.removed.values
            let named = Set(folders.flatMap(\.nodes))
            copy.nodes = state.nodes.filter { named.contains($0.key) }
            copy.nextNode = state.nextNode
            copy.folders = state.folders
            copy.removed = state.removed
            return copy
        }
        return SimulatedDisk(copy)
    }

    /// The disk after a power cut: of what was not synchronized, any sectors and some of the name
    /// changes are there.
    package func afterPowerCut(
        using generator: inout some RandomNumberGenerator
    ) -> SimulatedDisk {
        let before = state.withLock { $0 }
        var after = State()
        after.nextNode = before.nextNode
        let folders = before.folders.merging(before.removed) { there, _ in there }
        let named = Set(folders.values.flatMap(\.nodes))
        for (number, node) in before.nodes.sorted(by: { $0.key < $1.key })
        where named.contains(number) {
            var bytes = node.durable
            var memory = node.durable
            for change in node.changes {
                memory.apply(change.kind)
                SimulatedDisk.survive(change, of: memory, on: &bytes, using: &generator)
            }
            after.nodes[number] = Node(
                current: bytes, durable: bytes, badSectors: node.badSectors)
        }
        // The name changes of a folder reach the disk in order.
        var found = ["."]
        while let path = found.popLast() {
            let folder = folders[path]!
            let names = ([folder.durable] + folder.history).randomElement(using: &generator)!
            after.folders[path] = Folder(names: names, durable: names)
            for (name, node) in names.sorted(by: { $0.key < $1.key }) where node == Folder.node {
                found.append(path == "." ? name : path + "/" + name)
            }
        }
        return SimulatedDisk(after)
    }

    /// A sector on the disk is as memory had it behind some change to it: never parts of two of these.
    private static func survive(
        _ change: Change, of memory: [UInt8], on bytes: inout [UInt8],
        using generator: inout some RandomNumberGenerator
    ) {
        let isCertain = change.fate == .durable
        switch change.kind {
        case .truncate(let count):
            if isCertain || Bool.random(using: &generator) { bytes.resize(count) }
        case .write(let offset, let written):
            // Often all or nothing, sometimes any sectors.
            let chance =
                isCertain ? 1.0 : [0.0, 0.5, 0.9, 1.0].randomElement(using: &generator)!
            var start = offset
            while start < offset + written.count {
                let sector = start / 512 * 512..<min(memory.count, start / 512 * 512 + 512)
                if isCertain || Double.random(in: 0..<1, using: &generator) < chance {
                    bytes.write(memory[sector], at: sector.lowerBound)
                }
                start = sector.lowerBound + 512
            }
        }
    }

    // MARK: FileSystem

    package func createDirectory(_ path: String) throws(FileError) -> Bool {
        let (folder, name) = SimulatedDisk.split(path)
        if state.withLock({ $0.folders[path] }) != nil { return false }
        try require(folder, for: "create")
        try perform(.createDirectory, path) { state in
            state.folders[path] = Folder()
            state.folders[folder]!.change { $0[name] = Folder.node }
        }
        return true
    }

    package func list(_ path: String) throws(FileError) -> [String] {
        try require(path, for: "list")
        return state.withLock { $0.folders[path]!.names.keys.sorted() }
    }

    package func open(_ path: String, create: Bool) throws(FileError) -> any File {
        let known = state.withLock { $0.node(path) }
        if !create {
            guard let known else { throw FileError(operation: "open", path: path, number: 2) }
            return SimulatedFile(disk: self, path: path, node: known)
        }
        guard known == nil else { throw FileError(operation: "create", path: path, number: 17) }
        let (folder, name) = SimulatedDisk.split(path)
        try require(folder, for: "create")
        let node = try perform(.create, path) { state in
            let node = state.nextNode
            state.nextNode += 1
            state.nodes[node] = Node()
            state.folders[folder]!.change { $0[name] = node }
            return node
        }
        return SimulatedFile(disk: self, path: path, node: node)
    }

    /// In one folder.
    package func rename(_ path: String, to newPath: String) throws(FileError) {
        let (folder, name) = SimulatedDisk.split(path)
        let newName = SimulatedDisk.split(newPath).name
        try perform(.rename, path) { state in
            state.folders[folder]!.change { names in
                names[newName] = names[name]
                names[name] = nil
            }
        }
    }

    package func link(_ path: String, to newPath: String) throws(FileError) {
        let (folder, name) = SimulatedDisk.split(newPath)
        try require(folder, for: "link")
        let node = state.withLock { $0.node(path) }
        guard let node else { throw FileError(operation: "link", path: newPath, number: 2) }
        guard !plan.refusesLinks else {
            throw FileError(operation: "link", path: newPath, number: 18)
        }
        guard state.withLock({ $0.node(newPath) }) == nil else {
            throw FileError(operation: "link", path: newPath, number: 17)
        }
        try perform(.link, newPath) { state in
            state.folders[folder]!.change { $0[name] = node }
        }
    }

    package func removeDirectory(_ path: String) throws(FileError) {
        try require(path, for: "remove")
        guard state.withLock({ $0.folders[path]!.names.isEmpty }) else {
            throw FileError(operation: "remove", path: path, number: 39)
        }
        let (folder, name) = SimulatedDisk.split(path)
        try perform(.removeDirectory, path) { state in
            state.folders[folder]!.change { $0[name] = nil }
            // As it is on the disk: what was in it was removed before, and that may be undone too.
            state.removed[path] = state.folders.removeValue(forKey: path)
        }
    }

    package func remove(_ path: String) throws(FileError) {
        guard state.withLock({ $0.node(path) }) != nil else {
            throw FileError(operation: "remove", path: path, number: 2)
        }
        let (folder, name) = SimulatedDisk.split(path)
        try perform(.remove, path) { state in
            state.folders[folder]!.change { $0[name] = nil }
        }
    }

    package func freeBytes(_ path: String) throws(FileError) -> Int {
        try require(path, for: "look for room in")
        return state.withLock { max(0, $0.plan.capacityBytes - $0.bytes) }
    }

    package func synchronizeDirectory(_ path: String) throws(FileError) {
        try require(path, for: "open")
        try perform(.synchronizeDirectory, path) { state in
            state.folders[path]!.settle()
        }
    }

    package func lock(_ path: String) throws(FileError) -> (file: any File, isTaken: Bool) {
        let node: Int
        if let known = state.withLock({ $0.node(path) }) {
            node = known
        } else {
            _ = try open(path, create: true)
            node = state.withLock { $0.node(path)! }
        }
        let lock = state.withLock { state -> SimulatedFile.Lock? in
            if let isHeld = state.locks[path], isHeld() { return nil }
            let lock = SimulatedFile.Lock()
            state.locks[path] = { [weak lock] in lock != nil }
            return lock
        }
        return (SimulatedFile(disk: self, path: path, node: node, lock: lock), lock != nil)
    }

    private func require(_ folder: String, for operation: String) throws(FileError) {
        guard state.withLock({ $0.folders[folder] }) != nil else {
            throw FileError(operation: operation, path: folder, number: 2)
        }
    }

    fileprivate static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        return (String(path[..<slash]), String(path[path.index(after: slash)...]))
    }

    // MARK: Steps

    /// Counts the operation, fails it by plan, and does it unless it failed before it persisted.
    fileprivate func perform<Result: Sendable>(
        _ operation: Operation, _ path: String, _ node: Int? = nil,
        _ body: (inout State) throws(FileError) -> sending Result
    ) throws(FileError) -> Result {
        try state.withLock { state throws(FileError) in
            if let killed = state.plan.killedAtStep, state.steps >= killed {
                throw FileError(operation: "\(operation)", path: path, number: 5)
            }
            let isFailing = state.plan.failingStep == state.steps
            state.steps += 1
            state.counts[operation, default: 0] += 1
            let error = FileError(
                operation: "\(operation)", path: path, number: state.plan.number)
            if isFailing && !state.plan.persists {
                // What the kernel does: the pages count as clean.
                if let node, operation == .synchronize { state.nodes[node]!.settle(as: .lost) }
                throw error
            }
            let result = try body(&state)
            if isFailing { throw error }
            return result
        }
    }

    /// Up to the first bad sector, as the kernel does.
    fileprivate func read(
        _ node: Int, _ path: String, into buffer: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(FileError) -> Int {
        try state.withLock { state throws(FileError) in
            state.reads += 1
            let node = state.nodes[node]!
            guard offset < node.current.count else { return 0 }
            var end = min(offset + buffer.count, node.current.count)
            if let bad = node.badSectors.filter({ $0 >= offset / 512 }).min() {
                end = min(end, max(offset, bad * 512))
                guard end > offset else {
                    throw FileError(operation: "read", path: path, number: 5)
                }
            }
            buffer.copyBytes(from: node.current[offset..<end])
            return end - offset
        }
    }

    fileprivate func write(
        _ node: Int, _ path: String, _ bytes: UnsafeRawBufferPointer, at offset: Int
    ) throws(FileError) -> Int {
        try perform(.write, path) { state throws(FileError) in
            let end = state.nodes[node]!.current.count
            let room = max(0, state.plan.capacityBytes - state.bytes) + max(0, end - offset)
            let count = min(bytes.count, state.plan.writeBytesMax, room)
            guard count > 0 || bytes.isEmpty else {
                throw FileError(operation: "write", path: path, number: 28)
            }
            let written = Array(bytes[..<count])
            state.nodes[node]!.change(.write(offset, written))
            return count
        }
    }

    fileprivate func truncate(_ node: Int, _ path: String, to count: Int) throws(FileError) {
        try perform(.truncate, path) { state in state.nodes[node]!.change(.truncate(count)) }
    }

    fileprivate func synchronize(_ node: Int, _ path: String) throws(FileError) {
        try perform(.synchronize, path, node) { state in
            state.nodes[node]!.settle(as: .durable)
        }
    }

    fileprivate func size(_ node: Int) -> Int {
        state.withLock { $0.nodes[node]!.current.count }
    }
}

extension SimulatedDisk.State {
    fileprivate func node(_ path: String) -> Int? {
        let (folder, name) = SimulatedDisk.split(path)
        guard let node = folders[folder]?.names[name] else { return nil }
        return node == SimulatedDisk.Folder.node ? nil : node
    }

    fileprivate var files: [(path: String, node: Int)] {
        folders.flatMap { path, folder in
            folder.names.filter { $0.value != SimulatedDisk.Folder.node }
                .map { (path + "/" + $0.key, $0.value) }
        }
    }

    /// A file with several names counts once.
    fileprivate var bytes: Int {
        Set(files.map(\.node)).reduce(0) { $0 + nodes[$1]!.current.count }
    }
}

extension SimulatedDisk.State {
    /// A folder of the top, durably.
    fileprivate mutating func forget(_ path: String) {
        folders = folders.filter { !SimulatedDisk.isIn(path, $0.key) }
        removed = removed.filter { !SimulatedDisk.isIn(path, $0.key) }
        folders["."]!.names[path] = nil
        folders["."]!.settle()
    }
}

extension SimulatedDisk.Folder {
    /// The names are on the disk as they are.
    fileprivate mutating func settle() {
        durable = names
        history = []
    }

    fileprivate mutating func change(_ body: (inout [String: Int]) -> Void) {
        body(&names)
        history.append(names)
    }
}

extension SimulatedDisk.Node {
    fileprivate mutating func change(_ kind: SimulatedDisk.Change.Kind) {
        current.apply(kind)
        changes.append(SimulatedDisk.Change(kind: kind))
    }

    /// Ends what was pending.
    fileprivate mutating func settle(as fate: SimulatedDisk.Change.Fate) {
        for index in changes.indices where changes[index].fate == .pending {
            changes[index].fate = fate
        }
        // Unless something before them was lost, all of them are on the disk.
        if changes.allSatisfy({ $0.fate == .durable }) {
            durable = current
            changes = []
        }
    }
}

private struct SimulatedFile: File {
    let disk: SimulatedDisk
    let path: String
    let node: Int
    /// Held as long as the file is open.
    var lock: Lock?

    final class Lock: Sendable {}

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) -> Int {
        try disk.read(node, path, into: buffer, at: offset)
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) -> Int {
        try disk.write(node, path, bytes, at: offset)
    }

    func synchronize() throws(FileError) { try disk.synchronize(node, path) }
    func truncate(to bytes: Int) throws(FileError) { try disk.truncate(node, path, to: bytes) }
    func size() throws(FileError) -> Int { disk.size(node) }
}

extension [UInt8] {
    fileprivate mutating func resize(_ count: Int) {
        if count < self.count {
            removeLast(self.count - count)
        } else {
            append(contentsOf: repeatElement(0, count: count - self.count))
        }
    }

    fileprivate mutating func apply(_ change: SimulatedDisk.Change.Kind) {
        switch change {
        case .write(let offset, let written): write(written[...], at: offset)
        case .truncate(let count): resize(count)
        }
    }

    fileprivate mutating func write(_ bytes: ArraySlice<UInt8>, at offset: Int) {
        if offset + bytes.count > count { resize(offset + bytes.count) }
        replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }
}
