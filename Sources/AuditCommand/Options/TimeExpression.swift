import AuditModel
import Codec

/// A moment as people write it on a command line (`Timestamp.init(expression:now:)`).
enum TimeExpression {
    static let help = Timestamp.expressionHelp

    /// - Parameter now: what an age is taken from.
    static func parse(_ text: String, now: Timestamp) throws(CommandError) -> Timestamp {
        if let time = Timestamp(expression: text, now: now) { return time }
        throw CommandError(.usage, "'\(SafeText.line(text))' is not a time: \(help)")
    }
}
