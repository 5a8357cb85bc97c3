/// A number of bytes as people write it.
enum ByteExpression {
    static let help = "write 64MiB, 50GiB or 1TiB, or the bytes themselves"

    private static let units: [(name: String, shift: Int)] = [
        ("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40), ("PiB", 50),
    ]

    /// Nil unless it is a whole number above zero, of bytes or of a binary unit.
    static func bytes(_ text: String) -> Int? {
        let unit = units.first { text.hasSuffix($0.name) }
        let digits = text.dropLast(unit?.name.count ?? 0)
        guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let number = Int(digits), number > 0
        else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << (unit?.shift ?? 0))
        return overflow ? nil : bytes
    }
}
