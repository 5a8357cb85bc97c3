import AuditModel
import Codec

/// One line of newline-delimited JSON as an event.
enum EventLine {
    /// - Parameter makeID: for an event that brings none, so that it may be sent twice and is
    ///   stored once.
    /// - Returns: nil for a blank line.
    /// - Throws: `.refused`, naming the line.
    static func event(
        _ line: LineSplitter.Line, makeID: () -> EventID
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
            if event.id.isEmpty { event.id = makeID().description }
            return event
        } catch {
            throw CommandError(
                .refused, "line \(line.number): \(SafeText.line(error.message))")
        }
    }

    /// A UUIDv7 of the present.
    static func newID() -> EventID {
        EventID(
            version7At: Environment.now,
            random: (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max)))
    }
}
