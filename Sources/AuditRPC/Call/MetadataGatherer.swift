/// Gathers the metadata of a connection's requests, one request after the other.
///
/// A client says the same fields with each of its calls, `user-agent` at least. A list that equals the one before
/// shares its memory, so that a usual call allocates nothing for its metadata.
struct MetadataGatherer {
    /// Bytes of a list up to which a connection keeps it for the next request: user-agent, a token, a trace. An idle
    /// connection must cost little.
    private static let keptBytesMax = 1 << 10

    private var gathered = HeaderFields()
    private var last = RPCMetadata()

    mutating func append(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        gathered.append(name: name, value: value)
    }

    /// Forgets what a request whose list broke off has left.
    mutating func discard() {
        if !gathered.isEmpty { gathered = HeaderFields() }
    }

    /// The fields since the last call of this function, or of `discard`.
    mutating func take() -> RPCMetadata {
        guard !gathered.isEmpty else { return RPCMetadata() }
        if gathered.hasSameBytes(as: last.fields) {
            gathered.removeAll()
            return last
        }
        var taken = RPCMetadata()
        // It lives as long as its call, and here: a short one in no more memory than it takes.
        taken.fields = gathered.isHalfEmpty ? gathered.compact : gathered
        gathered = HeaderFields()
        if taken.fields.storage.count <= Self.keptBytesMax { last = taken }
        return taken
    }
}
