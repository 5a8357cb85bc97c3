import AuditModel
import Codec

/// One line of newline-delimited JSON as an event.
enum EventLine {
    /// - Returns: nil for a blank line.
    /// - Throws: `.refused`, naming the line.
    static func event(
        _ line: LineSplitter.Line
    ) throws(CommandError) -> Event? {
        guard !line.isTooLong else {
            throw CommandError(
                .refused,
                "line \(line.number): longer than \(Limits.lineBytesMax) bytes")
        }
        guard line.bytes.contains(where: { $0 != 0x20 && $0 != 0x09 }) else { return nil }
        do throws(CodecError) {
            var event = try Event(json: line.bytes)
            // As it is printed: what a query prints can be recorded again and is the same event.
            event.snapshot = JSONText.compact(event.snapshot)
            return event
        } catch {
            throw CommandError(
                .refused, "line \(line.number): \(SafeText.line(error.message))")
        }
    }
}
