import AuditModel
import CAuditProto
import CProtobufC

/// Collects what is wrong with a message, each with the path of its field. Where nothing is wrong
/// it makes no String.
struct FieldCheck {
    private struct Step {
        var name: StaticString
        var index: Int
    }

    /// In place, because every message that is read enters fields: `depth` of them lead to the one at hand.
    private var path = InlineArray<8, Step>(repeating: Step(name: "", index: FieldCheck.noIndex))
    private var depth = 0
    private var violations: [FieldViolation] = []
    /// All that were found, also those that `violations` has no room for.
    private var count = 0
    private let violationsMax: Int

    init(violationsMax: Int = Limits.violationsMax) {
        self.violationsMax = violationsMax
    }

    var isEmpty: Bool { count == 0 }

    /// What follows is about the fields of this one.
    mutating func enter(_ field: StaticString, _ index: Int = FieldCheck.noIndex) {
        path[depth] = Step(name: field, index: index)
        depth += 1
    }

    mutating func leave() { depth -= 1 }

    /// Notes a refusal. The text is made only when there is room for it.
    mutating func refuse(
        _ field: StaticString, at index: Int = FieldCheck.noIndex,
        _ reason: @autoclosure () -> String
    ) {
        count += 1
        guard violations.count < violationsMax else { return }
        enter(field, index)
        violations.append(FieldViolation(field: pathText, reason: reason()))
        leave()
    }

    /// Refuses the field that was entered last.
    mutating func refuseWhole(_ reason: @autoclosure () -> String) {
        count += 1
        guard violations.count < violationsMax else { return }
        violations.append(FieldViolation(field: pathText, reason: reason()))
    }

    /// What was found, as an error; nil when nothing was. Starts anew.
    mutating func take() -> CodecError? {
        guard count > 0 else { return nil }
        let error = CodecError.invalid(violations, count: count)
        violations = []
        count = 0
        return error
    }

    mutating func finish() throws(CodecError) {
        if let error = take() { throw error }
    }

    /// Of a field that is not repeated.
    static let noIndex = -1

    private var pathText: String {
        var text = ""
        for step in (0..<depth).map({ path[$0] }) {
            if !text.isEmpty { text += "." }
            text += "\(step.name)"
            if step.index >= 0 { text += "[\(step.index)]" }
        }
        return text
    }
}

extension FieldCheck {
    /// A string of the contract: UTF-8 without NUL, of limited size.
    mutating func text(
        _ bytes: UnsafeRawBufferPointer, _ field: StaticString,
        _ index: Int = FieldCheck.noIndex, bytesMax: Int = Limits.stringBytesMax
    ) {
        guard bytes.count <= bytesMax else {
            return refuse(field, at: index, tooLong(bytes.count, bytesMax))
        }
        guard let fault = UTF8Text.fault(in: bytes) else { return }
        refuse(field, at: index, fault.description)
    }

    /// A string that must not be empty.
    mutating func required(
        _ bytes: UnsafeRawBufferPointer, _ field: StaticString,
        _ index: Int = FieldCheck.noIndex, bytesMax: Int = Limits.stringBytesMax
    ) {
        if bytes.isEmpty {
            refuse(field, at: index, "is required")
        } else {
            text(bytes, field, index, bytesMax: bytesMax)
        }
    }

    /// The string's value; what is not UTF-8 is refused and read as empty.
    mutating func string(
        _ data: ProtobufCBinaryData, _ field: StaticString, _ index: Int = FieldCheck.noIndex
    ) -> String {
        guard data.len > 0 else { return "" }
        if let text = String(validating: data.buffer, as: UTF8.self) { return text }
        refuse(field, at: index, "is not valid UTF-8")
        return ""
    }
}

/// "is 1,025 bytes long; at most 1,024 are allowed"
func tooLong(_ bytes: Int, _ bytesMax: Int) -> String {
    "is \(grouped(bytes)) bytes long; at most \(grouped(bytesMax)) are allowed"
}

/// With commas between groups of three digits: 262,144.
func grouped(_ number: Int) -> String {
    var text = ""
    for (offset, digit) in String(number.magnitude).reversed().enumerated() {
        if offset > 0, offset % 3 == 0 { text.append(",") }
        text.append(digit)
    }
    return (number < 0 ? "-" : "") + String(text.reversed())
}
