internal import CZstd

/// A zstd dictionary: bytes that the blocks of a segment have in common, so that blocks can be
/// small, and reading one event cheap, without losing what compression finds across them.
final class CompressionDictionary: CachedPart {
    let content: OwnedBytes
    /// Of the content, never 0: the name under which segments share it.
    let checksum: UInt64
    private let decoding: DecodingTables

    /// Nil when the bytes are not a dictionary of zstd.
    init?(_ content: consuming OwnedBytes) {
        guard let tables = DecodingTables(content.bytes) else { return nil }
        checksum = max(1, Checksum.of(content.bytes, salt: 0))
        self.content = content
        decoding = tables
    }

    /// Both copies of its content, and its tables.
    var residentBytes: Int { content.count + decoding.bytes }

    /// From samples of what is to be compressed; nil when they are too few or too different.
    ///
    /// - Parameter sizes: of the samples, which lie one behind the other.
    static func train(
        _ samples: UnsafeRawBufferPointer, sizes: [Int], bytesMax: Int
    ) -> CompressionDictionary? {
        guard bytesMax >= Int(ZDICT_DICTSIZE_MIN), sizes.count >= 8 else { return nil }
        // How long a stretch is taken, how long its sequences are, and how thoroughly they are
        // counted: measured on events of 700 bytes; less costs ratio, more costs time.
        var parameters = ZDICT_fastCover_params_t()
        parameters.k = 200
        parameters.d = 8
        parameters.f = 18
        parameters.accel = 10
        parameters.splitPoint = 1
        parameters.zParams.compressionLevel = Limits.compressionLevel
        let room = OwnedBytes(count: bytesMax)
        let bytes = ZDICT_trainFromBuffer_fastCover(
            room.buffer.baseAddress, room.count, samples.baseAddress, sizes, UInt32(sizes.count),
            parameters)
        guard ZDICT_isError(bytes) == 0, bytes <= room.count else { return nil }
        let content = OwnedBytes(count: bytes)
        content.buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: room.bytes[..<bytes]))
        return CompressionDictionary(content)
    }

    /// The tables for decompression: read only once made.
    private struct DecodingTables: ~Copyable, @unchecked Sendable {
        // @unchecked: zstd only reads a ZSTD_DDict after it was made.
        private let tables: OpaquePointer

        init?(_ content: UnsafeRawBufferPointer) {
            guard ZSTD_getDictID_fromDict(content.baseAddress, content.count) != 0,
                let tables = ZSTD_createDDict(content.baseAddress, content.count)
            else { return nil }
            self.tables = tables
        }

        deinit {
            ZSTD_freeDDict(tables)
        }

        var bytes: Int { ZSTD_sizeof_DDict(tables) }

        func use(in context: OpaquePointer) -> Bool {
            ZSTD_isError(ZSTD_DCtx_refDDict(context, tables)) == 0
        }
    }

    fileprivate func use(in context: OpaquePointer) -> Bool { decoding.use(in: context) }
}

/// Compresses one block after the other.
struct Compressor: ~Copyable, @unchecked Sendable {
    // @unchecked: both have one owner, and the owner is moved, never shared.
    private let context: OpaquePointer
    private let tables: OpaquePointer?

    /// - Parameter blockBytes: what a block is likely to have: sizes the tables.
    init(_ dictionary: CompressionDictionary?, blockBytes: Int) {
        guard let context = ZSTD_createCCtx() else { fatalError("out of memory") }
        self.context = context
        let level = Limits.compressionLevel
        // A block knows its size, and has a checksum and a dictionary of the segment.
        for (parameter, value) in [
            (ZSTD_c_compressionLevel, level), (ZSTD_c_dictIDFlag, 0), (ZSTD_c_checksumFlag, 0),
        ] {
            ZSTD_CCtx_setParameter(context, parameter, value)
        }
        if let dictionary {
            let content = dictionary.content.bytes
            guard
                let tables = ZSTD_createCDict_advanced(
                    content.baseAddress, content.count, ZSTD_dlm_byCopy, ZSTD_dct_auto,
                    ZSTD_getCParams(level, UInt64(blockBytes), content.count),
                    ZSTD_customMem())
            else { fatalError("out of memory") }
            ZSTD_CCtx_refCDict(context, tables)
            self.tables = tables
        } else {
            tables = nil
        }
    }

    deinit {
        ZSTD_freeCCtx(context)
        if let tables { ZSTD_freeCDict(tables) }
    }

    /// Appends the compressed bytes to `output`.
    mutating func compress(
        _ bytes: UnsafeRawBufferPointer, to output: inout FlatArray<UInt8>
    ) {
        let start = output.count
        let room = output.appendUninitialized(ZSTD_compressBound(bytes.count))
        let count = ZSTD_compress2(
            context, room.baseAddress, room.count, bytes.baseAddress, bytes.count)
        precondition(ZSTD_isError(count) == 0, "the output has room for the worst case")
        output.truncate(to: start + count)
    }
}

/// Decompresses one block after the other.
struct Decompressor: ~Copyable, @unchecked Sendable {
    // @unchecked: it has one owner, and the owner is moved, never shared.
    private let context: OpaquePointer

    init() {
        guard let context = ZSTD_createDCtx() else { fatalError("out of memory") }
        self.context = context
    }

    deinit {
        ZSTD_freeDCtx(context)
    }

    /// Whether `bytes` were a block that fills `output`.
    mutating func decompress(
        _ bytes: UnsafeRawBufferPointer, _ dictionary: CompressionDictionary?,
        to output: UnsafeMutableRawBufferPointer
    ) -> Bool {
        if let dictionary {
            guard dictionary.use(in: context) else { return false }
        } else {
            ZSTD_DCtx_refDDict(context, nil)
        }
        let count = ZSTD_decompressDCtx(
            context, output.baseAddress, output.count, bytes.baseAddress, bytes.count)
        // The dictionary may go before this does.
        ZSTD_DCtx_refDDict(context, nil)
        return ZSTD_isError(count) == 0 && count == output.count
    }
}
