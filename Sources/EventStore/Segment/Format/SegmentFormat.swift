/// How a segment is written: the version in its header. All are read, the current one is written.
enum SegmentFormat: UInt32, CaseIterable {
    case first = 1
    /// Runs of hexadecimal digits lie apart from the text (`HexText`), and payloads are stored without what
    /// the store knows of their events (`PayloadShape`).
    case packed = 2

    static let current = SegmentFormat.packed
}
