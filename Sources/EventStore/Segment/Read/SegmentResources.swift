internal import Synchronization

/// What all segments of a store share: the cache of what was read of them, and the open files.
///
/// Both have limits, so that memory and descriptors do not grow with the number of segments.
package final class SegmentResources: Sendable {
    let fileSystem: any FileSystem
    let cache: SegmentCache
    let openFiles: OpenFiles
    private let decompressors = Mutex<[DecompressorBox]>([])
    private let termFilterBytes = Atomic<Int>(0)
    private let nextSegment = Atomic<UInt64>(1)

    /// - Parameters:
    ///   - cacheBytesMax: of decompressed blocks, dictionary blocks, filters and bitmaps together.
    ///   - openFilesMax: segments beyond it are closed, and opened again when they are read.
    package init(
        fileSystem: any FileSystem, cacheBytesMax: Int = Limits.segmentCacheBytes,
        openFilesMax: Int = Limits.openSegmentsMax
    ) {
        self.fileSystem = fileSystem
        cache = SegmentCache(bytesMax: cacheBytesMax)
        openFiles = OpenFiles(filesMax: openFilesMax)
    }

    package struct Usage: Hashable, Sendable {
        package var cachedBytes = 0
        package var openFiles = 0
        /// Lookups in the cache that found what they looked for, and that did not.
        package var hits = 0
        package var misses = 0
    }

    package var usage: Usage {
        let cached = cache.usage
        return Usage(
            cachedBytes: cached.bytes, openFiles: openFiles.count, hits: cached.hits,
            misses: cached.misses)
    }

    /// A number that no other open segment has, so that the cache never mixes them up.
    func numberForSegment() -> UInt64 { nextSegment.add(1, ordering: .relaxed).oldValue }

    /// Whether a filter of so many bytes may stay in memory with its segment.
    func takeTermFilterBytes(_ bytes: Int) -> Bool {
        let taken = termFilterBytes.add(bytes, ordering: .relaxed).newValue
        guard taken > Limits.termFilterBytesMax else { return true }
        giveBackTermFilterBytes(bytes)
        return false
    }

    func giveBackTermFilterBytes(_ bytes: Int) {
        termFilterBytes.subtract(bytes, ordering: .relaxed)
    }

    /// Lends a decompressor: making one costs more than a small block.
    func withDecompressor<Result: ~Copyable>(
        _ body: (inout Decompressor) -> Result
    ) -> Result {
        let box = decompressors.withLock { $0.popLast() } ?? DecompressorBox()
        defer {
            decompressors.withLock { boxes in
                if boxes.count < Limits.decompressorsMax { boxes.append(box) }
            }
        }
        return body(&box.decompressor)
    }
}

/// Arrays cannot hold what has one owner.
private final class DecompressorBox: @unchecked Sendable {
    // @unchecked: used by the thread that took it from the list.
    var decompressor = Decompressor()
}
