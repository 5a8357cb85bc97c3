/// Which operation of a simulated disk fails, and how.
package struct FaultPlan: Sendable {
    /// The number of the operation that fails, counted from 0; nil for none.
    package var failingStep: Int?
    /// Whether it did its work all the same.
    package var persists: Bool
    /// The number of the operation from which on none does anything: the process was killed.
    package var killedAtStep: Int?
    /// The errno it fails with.
    package var number: Int32
    /// A write takes at most so many bytes.
    package var writeBytesMax: Int
    /// All files together may grow to it.
    package var capacityBytes: Int
    /// No file gets a second name, as between two file systems.
    package var refusesLinks = false

    package init(
        failingStep: Int? = nil, persists: Bool = false, killedAtStep: Int? = nil,
        number: Int32 = 5, writeBytesMax: Int = .max, capacityBytes: Int = .max
    ) {
        self.failingStep = failingStep
        self.persists = persists
        self.killedAtStep = killedAtStep
        self.number = number
        self.writeBytesMax = writeBytesMax
        self.capacityBytes = capacityBytes
    }

    package static let none = FaultPlan()
}
