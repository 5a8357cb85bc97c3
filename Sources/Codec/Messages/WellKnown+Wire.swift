import AuditModel
import CAuditProto
import CProtobufC

extension Arena {
    func timestamp(_ time: Timestamp?) -> UnsafeMutablePointer<Google__Protobuf__Timestamp>? {
        guard let time else { return nil }
        let message = make(Google__Protobuf__Timestamp.self)
        message.pointee.seconds = time.seconds
        message.pointee.nanos = time.nanoseconds
        return message
    }

    func duration(_ duration: Duration?) -> UnsafeMutablePointer<Google__Protobuf__Duration>? {
        guard let duration else { return nil }
        let message = make(Google__Protobuf__Duration.self)
        let (seconds, attoseconds) = duration.components
        message.pointee.seconds = seconds
        message.pointee.nanos = Int32(attoseconds / 1_000_000_000)
        return message
    }
}

extension FieldCheck {
    /// Nil when it is absent, and when it is refused.
    mutating func timestamp(
        _ message: UnsafeMutablePointer<Google__Protobuf__Timestamp>?, _ field: StaticString
    ) -> Timestamp? {
        guard let message = message?.pointee else { return nil }
        return timestamp(message.seconds, message.nanos, field)
    }

    /// Nil when it is refused.
    mutating func timestamp(
        _ seconds: Int64, _ nanoseconds: Int32, _ field: StaticString
    ) -> Timestamp? {
        let time = Timestamp(seconds: seconds, nanoseconds: nanoseconds)
        if time == nil {
            refuse(
                field,
                """
                is not a time between 1677 and 2262 with 0 to 999,999,999 nanoseconds \
                (\(seconds) seconds, \(nanoseconds) nanoseconds)
                """)
        }
        return time
    }

    /// Nil when it is absent, and when it is refused.
    mutating func duration(
        _ message: UnsafeMutablePointer<Google__Protobuf__Duration>?, _ field: StaticString
    ) -> Duration? {
        guard let message = message?.pointee else { return nil }
        let duration = Duration(wireSeconds: message.seconds, nanoseconds: message.nanos)
        if duration == nil {
            refuse(
                field,
                "is not a duration (\(message.seconds) seconds, \(message.nanos) nanoseconds)")
        }
        return duration
    }

    /// The case with that number; what this version does not know is refused and nil.
    mutating func enumeration<Value: WireEnumeration>(
        _ type: Value.Type, _ number: UInt32, _ field: StaticString,
        _ index: Int = FieldCheck.noIndex
    ) -> Value? {
        if let value = Value(rawValue: Int32(bitPattern: number)) { return value }
        refuse(field, at: index, unknownValue(Int32(bitPattern: number), of: type))
        return nil
    }
}

extension Duration {
    /// google.protobuf.Duration: at most 10,000 years, nanoseconds below one second and of the sign
    /// of the seconds.
    init?(wireSeconds seconds: Int64, nanoseconds: Int32) {
        guard seconds.magnitude <= 315_576_000_000, nanoseconds.magnitude < 1_000_000_000,
            seconds == 0 || nanoseconds == 0 || (seconds < 0) == (nanoseconds < 0)
        else { return nil }
        self = .seconds(seconds) + .nanoseconds(Int64(nanoseconds))
    }
}

/// "has the unknown value 9; known are 1 (USER), 2 (API_TOKEN) ..."
func unknownValue<Value: WireEnumeration>(_ number: Int32, of type: Value.Type) -> String {
    let known = Value.allCases.filter { $0.rawValue != 0 }.map { "\($0.rawValue) (\($0.name))" }
    return "has the unknown value \(number); known are \(known.joined(separator: ", "))"
}
