import AuditModel

/// The events of a block before they are compressed: kept until there is a dictionary.
struct RawEventBlock: ~Copyable {
    let firstRow: Row
    let lastRow: Row
    let count: Int
    /// Of its first event.
    let recordedAt: Timestamp
    /// What is not compressed, without what lies apart from the text.
    var plain = FlatArray<UInt8>()
    /// Of the body, before the text.
    var columns = FlatArray<UInt8>()
    var text = FlatArray<UInt8>(capacity: Limits.eventBlockBytes * 3 / 2)

    var bytes: Int { plain.count + columns.count + text.count }

    init(firstRow: Row, lastRow: Row, count: Int, recordedAt: Timestamp) {
        self.firstRow = firstRow
        self.lastRow = lastRow
        self.count = count
        self.recordedAt = recordedAt
    }

    /// Appends what is to be compressed to `body`, and what lies apart from it to `apart`.
    func pack(
        _ packer: inout HexPacker, to body: inout FlatArray<UInt8>, apart: inout FlatArray<UInt8>
    ) {
        body.append(columns.bytes)
        packer.pack(text.bytes, to: &body, apart: &apart)
    }
}

/// Makes the bytes of blocks as they lie in the file. Has one owner.
struct EventBlockWriter: ~Copyable, @unchecked Sendable {
    // @unchecked: one owner.
    private var packer: HexPacker
    private var compressor: Compressor
    private var body = FlatArray<UInt8>(capacity: 2 * Limits.eventBlockBytes)
    private var apart = FlatArray<UInt8>(capacity: Limits.eventBlockBytes)

    init(_ dictionary: CompressionDictionary?) {
        var kept = HexRunSet()
        if let dictionary { kept.insert(runsOf: dictionary.content.bytes) }
        packer = HexPacker(keeping: kept)
        compressor = Compressor(dictionary, blockBytes: Limits.eventBlockBytes)
    }

    /// Appends the block to `bytes`.
    mutating func write(_ block: borrowing RawEventBlock, to bytes: inout FlatArray<UInt8>) {
        body.removeAll()
        apart.removeAll()
        block.pack(&packer, to: &body, apart: &apart)
        let start = bytes.count
        let header = EventBlockHeader(
            firstRow: block.firstRow, lastRow: block.lastRow, count: block.count,
            rawBytes: body.count, bodyBytes: 0, plainBytes: block.plain.count + apart.count)
        header.write(to: &bytes)
        bytes.append(block.plain.bytes)
        bytes.append(apart.bytes)
        let bodyStart = bytes.count
        compressor.compress(body.bytes, to: &bytes)
        UnsafeMutableRawBufferPointer(bytes.elements).storeLittleEndian(
            UInt32(bytes.count - bodyStart), at: start + EventBlockHeader.bodyBytesOffset)
    }
}

/// Blocks in the order in which they were added. Arrays cannot hold what has one owner.
struct RawBlockQueue: ~Copyable {
    private final class Node {
        var block: RawEventBlock?
        init(_ block: consuming RawEventBlock) { self.block = consume block }
    }

    private var nodes: [Node] = []
    private var first = 0
    private(set) var bytes = 0

    var count: Int { nodes.count - first }

    mutating func append(_ block: consuming RawEventBlock) {
        bytes += block.bytes
        nodes.append(Node(block))
    }

    mutating func popFirst() -> RawEventBlock? {
        guard first < nodes.count else { return nil }
        first += 1
        return nodes[first - 1].block.take()
    }

    /// A dictionary of what waits: runs that come back are in it, those that are there once are not.
    func train() -> CompressionDictionary? {
        var packer = HexPacker(keeping: repeatedRuns())
        var samples = FlatArray<UInt8>(capacity: bytes)
        var apart = FlatArray<UInt8>()
        var sizes: [Int] = []
        for node in nodes[first...] {
            let start = samples.count
            node.block!.pack(&packer, to: &samples, apart: &apart)
            sizes.append(samples.count - start)
            apart.removeAll()
        }
        return CompressionDictionary.train(
            samples.bytes, sizes: sizes,
            bytesMax: min(
                Limits.compressionDictionaryBytesMax,
                samples.count / Limits.samplesPerDictionary))
    }

    private func repeatedRuns() -> HexRunSet {
        var seen = HexRunSet()
        var repeated = HexRunSet()
        for node in nodes[first...] {
            let text = node.block!.text.bytes
            HexRun.visit(text) { run in
                let hash = HexRunSet.hash(run, in: text)
                if !seen.insert(hash) { _ = repeated.insert(hash) }
            }
        }
        return repeated
    }
}
