import AuditModel

extension Segment {
    /// The rows of events below the floors of their organizations.
    func rows(below visibility: Visibility) throws(StoreError) -> RowSet {
        RowSet.union(of: try dead(below: visibility).map(\.rows))
    }

    /// What is gone of organizations once those rows are left out too.
    func removals(below visibility: Visibility) throws(StoreError) -> [OrganizationList.Removal] {
        var ends: [[UInt8]: Row] = [:]
        for removal in try removals() { ends[removal.organization] = removal.end }
        for dead in try dead(below: visibility) {
            guard let last = dead.rows.last else { continue }
            ends[dead.organization] = max(last + 1, ends[dead.organization] ?? 0)
        }
        return ends.map { OrganizationList.Removal(organization: $0, end: $1) }
            .sorted { $0.organization.lexicographicallyPrecedes($1.organization) }
    }

    private func dead(
        below visibility: Visibility
    ) throws(StoreError) -> [(organization: [UInt8], rows: RowSet)] {
        let range = bounds.sequences
        var dead: [(organization: [UInt8], rows: RowSet)] = []
        for summary in try organizations() {
            let floor = visibility.floor(of: summary.organization)
            guard floor > range.first else { continue }
            let rows = try rows(of: summary.organization)
            let isAll = floor > range.last
            dead.append(
                (
                    summary.organization,
                    isAll
                        ? rows : rows.intersection(0..<Row(floor.rawValue - range.first.rawValue))
                ))
        }
        return dead
    }
}
