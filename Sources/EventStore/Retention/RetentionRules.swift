/// How long events are kept, by organization: what an operator decided, as a value.
///
/// An age counts from recorded_at. An organization under legal hold keeps everything, whatever its
/// age says.
package struct RetentionRules: Hashable, Sendable {
    /// Where an organization has no age of its own; nil keeps everything.
    package var standard: Duration?
    /// By organization; nil keeps everything.
    package var ages: [[UInt8]: Duration?]
    /// Organizations of which nothing is removed.
    package var holds: Set<[UInt8]>

    package init(
        standard: Duration? = nil, ages: [[UInt8]: Duration?] = [:], holds: Set<[UInt8]> = []
    ) {
        self.standard = standard
        self.ages = ages
        self.holds = holds
    }

    /// The longest age that an event of the organization may reach; nil when there is none.
    package func age(of organization: [UInt8]) -> Duration? {
        if holds.contains(organization) { return nil }
        return ages[organization] ?? standard
    }

    /// Throws `invalidConfiguration` unless every age is longer than nothing.
    func check() throws(StoreError) {
        for age in [standard] + ages.values where age ?? .seconds(1) <= .zero {
            throw StoreError(.invalidConfiguration, "a retention is longer than nothing")
        }
    }
}
