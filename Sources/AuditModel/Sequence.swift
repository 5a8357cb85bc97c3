/// The position of an event in the log: 1, 2, 3 ..., dense, never reused.
///
/// It is the storage order, the page position and the resume cursor. Zero stands before the first
/// event.
public struct Sequence: RawRepresentable, Hashable, Comparable, Sendable {
    public var rawValue: UInt64

    @inlinable
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    @inlinable
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }

    /// Before the first event ever.
    public static let zero = Sequence(0)

    @inlinable
    public static func < (left: Sequence, right: Sequence) -> Bool {
        left.rawValue < right.rawValue
    }

    @inlinable
    public static func + (sequence: Sequence, count: Int) -> Sequence {
        Sequence(sequence.rawValue + UInt64(count))
    }

    /// The one after it.
    @inlinable
    public var next: Sequence { Sequence(rawValue + 1) }

    /// The one before it; zero has none and stays zero.
    @inlinable
    public var previous: Sequence { Sequence(rawValue == 0 ? 0 : rawValue - 1) }
}

extension Sequence: CustomStringConvertible {
    public var description: String { String(rawValue) }
}

/// A run of sequences, both ends inclusive, never empty.
public struct SequenceRange: Hashable, Sendable {
    public var first: Sequence
    public var last: Sequence

    public init(first: Sequence, last: Sequence) {
        precondition(first <= last, "a range of sequences is never empty")
        self.first = first
        self.last = last
    }

    public func contains(_ sequence: Sequence) -> Bool { first <= sequence && sequence <= last }
}

extension SequenceRange: CustomStringConvertible {
    public var description: String { "\(first)...\(last)" }
}
