// Both include the header of protobuf-c, and the compiler counts it to the one that it meets first.
import CAuditProto
import CProtobufC

/// Memory that protobuf-c and the encoders take piece by piece and that is given back all at once.
///
/// A bump allocator: one `malloc` as long as the first estimate holds, none of the hundreds that
/// protobuf-c would make for a request. Not for anything that must outlive it: every pointer into
/// it dies with it or with `reset`.
struct Arena: ~Copyable {
    /// Lives at the start of the first chunk, so that its address is stable for the C side.
    private struct State {
        var allocator: ProtobufCAllocator
        var position: UnsafeMutableRawPointer
        var end: UnsafeMutableRawPointer
        /// Chunks after the first, linked through their first word; nil when the estimate held.
        var overflow: UnsafeMutableRawPointer?
        var nextChunkBytes: Int
        /// What may still be taken by further chunks.
        var bytesLeft: Int
    }

    private let state: UnsafeMutablePointer<State>
    private let firstChunk: UnsafeMutableRawBufferPointer
    private let bytesMax: Int

    /// - Parameters:
    ///   - firstChunkBytes: taken at once.
    ///   - bytesMax: what all chunks after the first may take together; then allocation fails,
    ///     which protobuf-c reports as a message that cannot be read.
    init(firstChunkBytes: Int, bytesMax: Int = .max) {
        let stateBytes = Arena.aligned(MemoryLayout<State>.size)
        let chunkBytes = stateBytes + Arena.aligned(firstChunkBytes)
        let chunk = UnsafeMutableRawPointer.allocate(
            byteCount: chunkBytes, alignment: Arena.alignment)
        state = chunk.bindMemory(to: State.self, capacity: 1)
        firstChunk = UnsafeMutableRawBufferPointer(
            start: chunk + stateBytes, count: chunkBytes - stateBytes)
        self.bytesMax = bytesMax
        state.initialize(
            to: State(
                allocator: ProtobufCAllocator(
                    alloc: { data, size in
                        Arena.take(
                            size, of: data.unsafelyUnwrapped.assumingMemoryBound(to: State.self))
                    },
                    free: { _, _ in }, allocator_data: UnsafeMutableRawPointer(state)),
                position: chunk + stateBytes, end: chunk + chunkBytes, overflow: nil,
                nextChunkBytes: chunkBytes * 2, bytesLeft: bytesMax))
    }

    deinit {
        Arena.freeOverflow(of: state)
        UnsafeMutableRawPointer(state).deallocate()
    }

    /// Forgets everything that was taken; keeps the first chunk.
    mutating func reset() {
        guard let start = firstChunk.baseAddress else { return }
        if state.pointee.overflow != nil {
            Arena.freeOverflow(of: state)
            state.pointee.bytesLeft = bytesMax
            state.pointee.nextChunkBytes = firstChunk.count * 2
            state.pointee.end = start + firstChunk.count
        }
        state.pointee.position = start
    }

    /// What protobuf-c takes memory by. Valid as long as the arena.
    var allocator: UnsafeMutablePointer<ProtobufCAllocator> {
        UnsafeMutableRawPointer(state).assumingMemoryBound(to: ProtobufCAllocator.self)
    }

    /// Memory for `count` values, not initialised.
    func allocate<Value>(_ type: Value.Type, count: Int) -> UnsafeMutablePointer<Value> {
        let bytes = count * MemoryLayout<Value>.stride
        guard let memory = Arena.take(bytes, of: state) else {
            preconditionFailure("an arena for encoding has no limit")
        }
        return memory.bindMemory(to: type, capacity: count)
    }

    // MARK: - The C side

    /// The strictest that C asks for.
    private static let alignment = 16

    private static func aligned(_ bytes: Int) -> Int { (bytes + alignment - 1) & ~(alignment - 1) }

    private static func take(
        _ bytes: Int, of state: UnsafeMutablePointer<State>
    ) -> UnsafeMutableRawPointer? {
        guard bytes >= 0, bytes <= Int.max / 4 else { return nil }
        let bytes = aligned(bytes)
        if state.pointee.end - state.pointee.position < bytes {
            guard grow(by: bytes, state) else { return nil }
        }
        let memory = state.pointee.position
        state.pointee.position = memory + bytes
        return memory
    }

    private static func grow(by bytes: Int, _ state: UnsafeMutablePointer<State>) -> Bool {
        let chunkBytes = max(state.pointee.nextChunkBytes, bytes + alignment)
        guard chunkBytes <= state.pointee.bytesLeft else { return false }
        let chunk = UnsafeMutableRawPointer.allocate(byteCount: chunkBytes, alignment: alignment)
        chunk.storeBytes(of: state.pointee.overflow, as: UnsafeMutableRawPointer?.self)
        state.pointee.overflow = chunk
        state.pointee.position = chunk + alignment
        state.pointee.end = chunk + chunkBytes
        state.pointee.bytesLeft -= chunkBytes
        state.pointee.nextChunkBytes = chunkBytes * 2
        return true
    }

    private static func freeOverflow(of state: UnsafeMutablePointer<State>) {
        while let chunk = state.pointee.overflow {
            state.pointee.overflow = chunk.load(as: UnsafeMutableRawPointer?.self)
            chunk.deallocate()
        }
    }
}
