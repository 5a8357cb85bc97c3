package import EventStore
import Synchronization

/// A disk in memory that fails by plan and loses at a power cut what was not synchronized.
package final class SimulatedDisk: FileSystem {
    private let state: Mutex<State>

    /// Operations that change something, as they are counted.
    package enum Operation: Hashable, Sendable {
        case create, write, synchronize, truncate, rename, remove, synchronizeDirectory
    }

    fileprivate struct State: Sendable {
        var nodes: [Int: Node] = [:]
        var names: [String: Int] = [:]
        var durableNames: [String: Int] = [:]
        /// Names as they were after each change since the last synchronization.
        var nameHistory: [[String: Int]] = []
        var plan: FaultPlan = .none
        var counts: [Operation: Int] = [:]
        var steps = 0
        var lockHolders: [String: (text: String, isHeld: @Sendable () -> Bool)] = [:]

        var bytes: Int { names.values.reduce(0) { $0 + nodes[$1]!.current.count } }
    }

    fileprivate struct Node: Sendable {
        var current: [UInt8] = []
        var durable: [UInt8] = []
        var unsynchronized: [Change] = []
    }

    fileprivate enum Change: Sendable {
        case write(Int, [UInt8])
        case truncate(Int)
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

    package func contents(_ path: String) -> [UInt8]? {
        state.withLock { state in state.names[path].map { state.nodes[$0]!.current } }
    }

    /// Changes a file behind the program's back, durably.
    package func overwrite(_ path: String, _ body: (inout [UInt8]) -> Void) {
        state.withLock { state in
            guard let node = state.names[path] else { return }
            var bytes = state.nodes[node]!.current
            body(&bytes)
            state.nodes[node] = Node(current: bytes, durable: bytes)
        }
    }

    /// The paths of all files, in order.
    package var paths: [String] { state.withLock { $0.names.keys.sorted() } }

    /// The disk as a killed process leaves it: everything that was written is there.
    package func afterKill() -> SimulatedDisk {
        let copy = state.withLock { state -> State in
            var copy = State()
            copy.nodes = state.nodes.mapValues { Node(current: $0.current, durable: $0.current) }
            copy.names = state.names
            copy.durableNames = state.names
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
        after.nodes = before.nodes.mapValues { node in
            var bytes = node.durable
            for change in node.unsynchronized {
                SimulatedDisk.survive(change, on: &bytes, using: &generator)
            }
            return Node(current: bytes, durable: bytes)
        }
        // Name changes reach the disk in order.
        let histories = [before.durableNames] + before.nameHistory
        after.names = histories.randomElement(using: &generator)!
        after.durableNames = after.names
        return SimulatedDisk(after)
    }

    private static func survive(
        _ change: Change, on bytes: inout [UInt8], using generator: inout some RandomNumberGenerator
    ) {
        switch change {
        case .truncate(let count):
            if Bool.random(using: &generator) { bytes.resize(count) }
        case .write(let offset, let written):
            // Often all or nothing, sometimes any sectors.
            let chance = [0.0, 0.5, 0.9, 1.0].randomElement(using: &generator)!
            var start = 0
            while start < written.count {
                let end = min(written.count, start + 512 - (offset + start) % 512)
                if Double.random(in: 0..<1, using: &generator) < chance {
                    bytes.write(written[start..<end], at: offset + start)
                }
                start = end
            }
        }
    }

    // MARK: FileSystem

    package func createDirectory(_ path: String) throws(FileError) {}

    package func list(_ path: String) throws(FileError) -> [String] {
        state.withLock { state in
            state.names.keys.filter { $0.hasPrefix(path + "/") }
                .map { String($0.dropFirst(path.utf8.count + 1)) }.filter { !$0.contains("/") }
        }
    }

    package func open(_ path: String, create: Bool) throws(FileError) -> any File {
        if !create {
            guard let node = state.withLock({ $0.names[path] }) else {
                throw FileError(operation: "open", path: path, number: 2)
            }
            return SimulatedFile(disk: self, path: path, node: node)
        }
        guard state.withLock({ $0.names[path] }) == nil else {
            throw FileError(operation: "create", path: path, number: 17)
        }
        let node = try perform(.create, path) { state in
            let node = state.nodes.count
            state.nodes[node] = Node()
            state.changeNames { $0[path] = node }
            return node
        }
        return SimulatedFile(disk: self, path: path, node: node)
    }

    package func rename(_ path: String, to newPath: String) throws(FileError) {
        try perform(.rename, path) { state in
            state.changeNames { names in
                names[newPath] = names[path]
                names[path] = nil
            }
        }
    }

    package func remove(_ path: String) throws(FileError) {
        guard state.withLock({ $0.names[path] }) != nil else {
            throw FileError(operation: "remove", path: path, number: 2)
        }
        try perform(.remove, path) { state in state.changeNames { $0[path] = nil } }
    }

    package func synchronizeDirectory(_ path: String) throws(FileError) {
        try perform(.synchronizeDirectory, path) { state in
            state.durableNames = state.names
            state.nameHistory = []
        }
    }

    package func lock(
        _ path: String, holder: inout String
    ) throws(FileError) -> (any Sendable)? {
        let wanted = holder
        let taken = state.withLock { state -> (lock: Lock?, text: String) in
            if let held = state.lockHolders[path], held.isHeld() { return (nil, held.text) }
            let lock = Lock()
            state.lockHolders[path] = (wanted, { [weak lock] in lock != nil })
            return (lock, wanted)
        }
        holder = taken.text
        return taken.lock
    }

    private final class Lock: Sendable {}

    // MARK: Steps

    /// Counts the operation, fails it by plan, and does it unless it failed before it persisted.
    fileprivate func perform<Result: Sendable>(
        _ operation: Operation, _ path: String, _ node: Int? = nil,
        _ body: (inout State) throws(FileError) -> sending Result
    ) throws(FileError) -> Result {
        try state.withLock { state throws(FileError) in
            let isFailing = state.plan.failingStep == state.steps
            state.steps += 1
            state.counts[operation, default: 0] += 1
            let error = FileError(
                operation: "\(operation)", path: path, number: state.plan.number)
            if isFailing && !state.plan.persists {
                // What the kernel does: the pages count as clean and never reach the disk.
                if let node, operation == .synchronize { state.nodes[node]!.unsynchronized = [] }
                throw error
            }
            let result = try body(&state)
            if isFailing { throw error }
            return result
        }
    }

    fileprivate func read(
        _ node: Int, into buffer: UnsafeMutableRawBufferPointer, at offset: Int
    ) -> Int {
        state.withLock { state in
            let bytes = state.nodes[node]!.current
            guard offset < bytes.count else { return 0 }
            let count = min(buffer.count, bytes.count - offset)
            buffer.copyBytes(from: bytes[offset..<offset + count])
            return count
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
            state.nodes[node]!.current.write(written[...], at: offset)
            state.nodes[node]!.unsynchronized.append(.write(offset, written))
            return count
        }
    }

    fileprivate func truncate(_ node: Int, _ path: String, to count: Int) throws(FileError) {
        try perform(.truncate, path) { state in
            state.nodes[node]!.current.resize(count)
            state.nodes[node]!.unsynchronized.append(.truncate(count))
        }
    }

    fileprivate func synchronize(_ node: Int, _ path: String) throws(FileError) {
        try perform(.synchronize, path, node) { state in
            state.nodes[node]!.durable = state.nodes[node]!.current
            state.nodes[node]!.unsynchronized = []
        }
    }

    fileprivate func size(_ node: Int) -> Int {
        state.withLock { $0.nodes[node]!.current.count }
    }
}

extension SimulatedDisk.State {
    fileprivate mutating func changeNames(_ body: (inout [String: Int]) -> Void) {
        body(&names)
        nameHistory.append(names)
    }
}

private struct SimulatedFile: File {
    let disk: SimulatedDisk
    let path: String
    let node: Int

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) -> Int {
        disk.read(node, into: buffer, at: offset)
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

    fileprivate mutating func write(_ bytes: ArraySlice<UInt8>, at offset: Int) {
        if offset + bytes.count > count { resize(offset + bytes.count) }
        replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }
}
