import Codec

/// Makes text fit the limits of an event (proto/auditrpc/v1/event.proto), and remembers what was
/// cut.
struct Fitting {
    /// What a snapshot may take of the 256 KiB of an event: all fields beside it together stay
    /// below the rest.
    static let snapshotBytesMax = 180_000

    /// The fields that are not whole, in the order in which they were met.
    private(set) var cutFields: [String] = []

    /// At most `bytesMax` bytes, ended by an ellipsis when something is missing; NUL becomes
    /// U+FFFD.
    mutating func fit(
        _ text: String, field: String, bytesMax: Int = Codec.Limits.stringBytesMax
    ) -> String {
        var text = text
        if text.utf8.contains(0) {
            text = String(
                String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 }))
            cutFields.append(field)
        }
        guard text.utf8.count > bytesMax else { return text }
        if !cutFields.contains(field) { cutFields.append(field) }
        let ellipsis = "…"
        var cut = ""
        var bytes = ellipsis.utf8.count
        for character in text {
            bytes += character.utf8.count
            guard bytes <= bytesMax else { break }
            cut.append(character)
        }
        return cut + ellipsis
    }

    /// A snapshot is whole or left out: half of a JSON value is none.
    mutating func fit(snapshot: JSONValue?) -> [UInt8] {
        guard let snapshot, !snapshot.isEmptyObject else { return [] }
        let bytes = snapshot.encoded()
        guard bytes.count <= Fitting.snapshotBytesMax else {
            cutFields.append("snapshot")
            return []
        }
        return bytes
    }
}
