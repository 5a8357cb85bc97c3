/// The rules in the form that reads ask: the few different ages, and which of them an organization
/// has. Immutable and shared; found without allocation.
final class CompiledRetention: Sendable {
    let rules: RetentionRules
    /// Each age once, shortest first; what keeps everything is last.
    let ages: [Duration?]
    /// Of organizations without a rule of their own.
    let standardIndex: Int
    /// Sorted by organization.
    private let organizations: [(name: [UInt8], ageIndex: Int)]

    init(_ rules: RetentionRules) {
        self.rules = rules
        let names = Set(rules.ages.keys).union(rules.holds)
        let ofNames = names.map { (name: $0, age: rules.age(of: $0)) }
        let distinct = Set(ofNames.map(\.age)).union([rules.standard])
        let sorted = distinct.sorted { left, right in
            guard let left else { return false }
            return right.map { left < $0 } ?? true
        }
        let indices = Dictionary(
            uniqueKeysWithValues: sorted.enumerated().map { ($0.element, $0.offset) })
        ages = sorted
        standardIndex = indices[rules.standard]!
        organizations =
            ofNames
            .map { (name: $0.name, ageIndex: indices[$0.age]!) }
            .sorted { $0.name.lexicographicallyPrecedes($1.name) }
    }

    /// The longest age of all; nil when something is kept for ever.
    var longest: Duration? { ages[ages.count - 1] }

    /// Which of `ages` the organization's events may reach.
    func ageIndex(of organization: UnsafeRawBufferPointer) -> Int {
        let index = organizations.partitionIndex {
            !$0.name.lexicographicallyPrecedes(organization)
        }
        guard index < organizations.count, organizations[index].name.elementsEqual(organization)
        else { return standardIndex }
        return organizations[index].ageIndex
    }
}
