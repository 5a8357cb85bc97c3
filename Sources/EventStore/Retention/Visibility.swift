package import AuditModel

/// Which events retention shows, as of one moment. A value: what begins with one ends with it.
///
/// recorded_at never decreases along the sequence, so each age hides everything below one sequence,
/// its floor.
package struct Visibility: Sendable {
    let plan: CompiledRetention
    /// Of each of the plan's ages: the first sequence that is shown. Never increases along the ages.
    var floors: [Sequence]

    /// Nothing is hidden.
    init(_ plan: CompiledRetention, oldest: Sequence) {
        self.plan = plan
        floors = Array(repeating: oldest, count: plan.ages.count)
    }

    /// The first sequence that can be shown at all.
    package var lowestFloor: Sequence { floors[floors.count - 1] }

    /// From here on everything is shown.
    package var highestFloor: Sequence { floors[0] }

    /// The first sequence that is shown of the organization.
    package func floor(of organization: UnsafeRawBufferPointer) -> Sequence {
        floors[plan.ageIndex(of: organization)]
    }

    /// Likewise; nil for all organizations.
    package func floor(of organization: [UInt8]?) -> Sequence {
        guard let organization else { return lowestFloor }
        return organization.withUnsafeBytes { floor(of: $0) }
    }

    /// From here on nothing of the organization is hidden; nil for all organizations.
    package func completeFloor(of organization: [UInt8]?) -> Sequence {
        organization == nil ? highestFloor : floor(of: organization)
    }

    package func shows(_ event: EventView) -> Bool {
        event.sequence >= highestFloor || event.sequence >= floor(of: event.organization)
    }
}
