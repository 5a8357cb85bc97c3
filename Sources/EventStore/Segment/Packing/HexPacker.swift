/// Makes `HexText`. Keeps its buffers from one text to the next; has one owner.
struct HexPacker: ~Copyable, @unchecked Sendable {
    // @unchecked: one owner.
    /// Runs that stay where they are: zstd finds them in its dictionary, which costs less than their bytes.
    private let kept: HexRunSet
    private var runs = FlatArray<(run: HexRun, hash: UInt64)>(capacity: 256)
    private var seen = HexRunSet()
    private var repeated = HexRunSet()

    init(keeping kept: HexRunSet = HexRunSet()) {
        self.kept = kept
    }

    /// Appends the text to `output`, and what lies apart from it to `apart`.
    ///
    /// What is there twice stays too: zstd names the second by the first.
    mutating func pack(
        _ text: UnsafeRawBufferPointer, to output: inout FlatArray<UInt8>,
        apart: inout FlatArray<UInt8>
    ) {
        find(text)
        var next = 0
        for (run, hash) in runs.elements where !kept.contains(hash) && !repeated.contains(hash) {
            HexText.append(UnsafeRawBufferPointer(rebasing: text[next..<run.start]), to: &output)
            HexText.append(run, of: text, to: &output, apart: &apart)
            next = run.start + run.count
        }
        HexText.append(UnsafeRawBufferPointer(rebasing: text[next...]), to: &output)
    }

    private mutating func find(_ text: UnsafeRawBufferPointer) {
        runs.removeAll()
        seen.removeAll()
        repeated.removeAll()
        HexRun.visit(text) { run in
            let hash = HexRunSet.hash(run, in: text)
            runs.append((run, hash))
            if !seen.insert(hash) { _ = repeated.insert(hash) }
        }
    }
}
