/// The rules in the form that reads ask: the few different ages, and which of them an organization
/// has. Immutable and shared; found without allocation.
final class CompiledRetention: Sendable {
    let rules: RetentionRules
    /// Each age once, shortest first; what keeps everything is last, and of that what is under legal
    /// hold.
    let ages: [Duration?]
    /// The place in `ages` of what is under legal hold, which the size cap spares too; always the last.
    let heldIndex: Int?
    /// Of organizations without a rule of their own.
    let standardIndex: Int
    /// Sorted by organization.
    private let organizations: [(name: [UInt8], ageIndex: Int)]

    init(_ rules: RetentionRules) {
        self.rules = rules
        let names = Set(rules.ages.keys).union(rules.holds)
        let kept = names.map { (name: $0, kept: Kept(of: $0, by: rules)) }
        let standard = Kept(age: rules.standard)
        let sorted = Set(kept.map(\.kept)).union([standard]).sorted()
        let indices = Dictionary(
            uniqueKeysWithValues: sorted.enumerated().map { ($0.element, $0.offset) })
        ages = sorted.map(\.age)
        heldIndex = indices[Kept(isHeld: true)]
        standardIndex = indices[standard]!
        organizations =
            kept
            .map { (name: $0.name, ageIndex: indices[$0.kept]!) }
            .sorted { $0.name.lexicographicallyPrecedes($1.name) }
    }

    /// How long events are kept; the order is that of `ages`.
    private struct Kept: Hashable, Comparable {
        var age: Duration?
        var isHeld = false

        init(age: Duration? = nil, isHeld: Bool = false) {
            self.age = age
            self.isHeld = isHeld
        }

        init(of organization: [UInt8], by rules: RetentionRules) {
            self.init(
                age: rules.age(of: organization), isHeld: rules.holds.contains(organization))
        }

        static func < (left: Kept, right: Kept) -> Bool {
            guard left.age == right.age else {
                guard let age = left.age else { return false }
                return right.age.map { age < $0 } ?? true
            }
            return !left.isHeld && right.isHeld
        }
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
