public import AuditModel

/// `auditrpc.v1.ListFacetsRequest`.
public struct ListFacetsRequest: Hashable, Sendable {
    /// Empty for all organizations.
    public var organizationID: String
    public var field: FacetField
    public var filter: EventFilter
    /// Values at most: 0 means 100, above 1,000 means 1,000.
    public var limit: Int32

    public init(
        organizationID: String = "", field: FacetField, filter: EventFilter = EventFilter(),
        limit: Int32 = 0
    ) {
        self.organizationID = organizationID
        self.field = field
        self.filter = filter
        self.limit = limit
    }
}

/// `auditrpc.v1.ListFacetsResponse`.
public struct ListFacetsResponse: Hashable, Sendable {
    /// The most frequent first.
    public var facets: [Facet]
    /// Events whose value is not among the facets, because of the limit.
    public var otherCount: UInt64
    /// Events that match the filter.
    public var totalCount: UInt64
    /// False when the counts are of the events from `scannedThrough` on only.
    public var complete: Bool
    public var scannedThrough: Sequence
    /// What could not be read: counts may be missing there.
    public var unreadable: [SequenceRange]

    public init(
        facets: [Facet] = [], otherCount: UInt64 = 0, totalCount: UInt64 = 0,
        complete: Bool = true, scannedThrough: Sequence = .zero, unreadable: [SequenceRange] = []
    ) {
        self.facets = facets
        self.otherCount = otherCount
        self.totalCount = totalCount
        self.complete = complete
        self.scannedThrough = scannedThrough
        self.unreadable = unreadable
    }
}

/// One value of a field and how often it occurs.
public struct Facet: Hashable, Sendable {
    /// As an `EventFilter` takes it; of an enumeration its short name.
    public var value: String
    public var count: UInt64
    /// The name that the newest matching event gives it.
    public var name: String
    /// Of a scope or a target id: the type of the resource.
    public var type: String

    public init(value: String, count: UInt64, name: String = "", type: String = "") {
        self.value = value
        self.count = count
        self.name = name
        self.type = type
    }
}
