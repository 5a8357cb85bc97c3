/// A moment: nanoseconds since 1970-01-01T00:00:00Z, without leap seconds. Reaches from 1677 to
/// 2262.
public struct Timestamp: Hashable, Comparable, Sendable, BitwiseCopyable {
    public var nanosecondsSinceEpoch: Int64

    @inlinable
    public init(nanosecondsSinceEpoch: Int64) {
        self.nanosecondsSinceEpoch = nanosecondsSinceEpoch
    }

    /// Nil when it lies outside what nanoseconds in 64 bits can say, or `nanoseconds` is not in
    /// 0..<1e9 (the rule of google.protobuf.Timestamp).
    @inlinable
    public init?(seconds: Int64, nanoseconds: Int32) {
        guard nanoseconds >= 0, nanoseconds < 1_000_000_000 else { return nil }
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return nil }
        let (sum, overflowed) = scaled.addingReportingOverflow(Int64(nanoseconds))
        guard !overflowed else { return nil }
        self.nanosecondsSinceEpoch = sum
    }

    public static let epoch = Timestamp(nanosecondsSinceEpoch: 0)

    /// Whole seconds, rounded down.
    @inlinable
    public var seconds: Int64 {
        let quotient = nanosecondsSinceEpoch / 1_000_000_000
        return nanosecondsSinceEpoch % 1_000_000_000 < 0 ? quotient - 1 : quotient
    }

    /// What is left after whole seconds: 0..<1e9.
    @inlinable
    public var nanoseconds: Int32 {
        let remainder = nanosecondsSinceEpoch % 1_000_000_000
        return Int32(remainder < 0 ? remainder + 1_000_000_000 : remainder)
    }

    @inlinable
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.nanosecondsSinceEpoch < right.nanosecondsSinceEpoch
    }

    /// Saturates at the ends of what can be said.
    public func advanced(by duration: Duration) -> Timestamp {
        let (sum, overflow) = nanosecondsSinceEpoch.addingReportingOverflow(
            duration.nanosecondsSaturating)
        guard overflow else { return Timestamp(nanosecondsSinceEpoch: sum) }
        return Timestamp(nanosecondsSinceEpoch: duration < .zero ? .min : .max)
    }
}

extension Duration {
    /// In nanoseconds; what does not fit 64 bits becomes the nearest that does.
    public var nanosecondsSaturating: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, overflowed) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflowed ? (seconds < 0 ? .min : .max) : sum
    }
}
