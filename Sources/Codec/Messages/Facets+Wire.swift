import AuditModel
import CAuditProto
import CProtobufC

extension ListFacetsRequest: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.ListFacetsRequest" }

    init(_ message: Auditrpc__V1__ListFacetsRequest, _ check: inout FieldCheck) {
        organizationID = check.organization(message.organization_id)
        field = .unspecified
        if message.field.rawValue == 0 {
            check.refuse("field", "is required")
        } else if let field = check.enumeration(
            FacetField.self, message.field.rawValue, "field")
        {
            self.field = field
        }
        filter = check.filter(message.filter)
        limit = message.limit
        if limit < 0 { check.refuse("limit", "is negative (\(message.limit)); 0 means 100") }
    }

    func write(to message: inout Auditrpc__V1__ListFacetsRequest, in arena: borrowing Arena) {
        message.organization_id = arena.copy(organizationID)
        message.field = Auditrpc__V1__FacetField(UInt32(bitPattern: field.rawValue))
        message.filter = arena.filter(filter)
        message.limit = limit
    }
}

extension ListFacetsResponse: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.ListFacetsResponse" }

    init(_ message: Auditrpc__V1__ListFacetsResponse, _ check: inout FieldCheck) {
        facets = check.list(Facet.self, "facets", message.n_facets, message.facets)
        otherCount = message.other_count
        totalCount = message.total_count
        complete = message.complete != 0
        scannedThrough = Sequence(message.scanned_through)
        unreadable = check.ranges(message.n_unreadable, message.unreadable)
    }

    func write(to message: inout Auditrpc__V1__ListFacetsResponse, in arena: borrowing Arena) {
        message.n_facets = facets.count
        message.facets = arena.messages(facets)
        message.other_count = otherCount
        message.total_count = totalCount
        message.complete = complete ? 1 : 0
        message.scanned_through = scannedThrough.rawValue
        message.n_unreadable = unreadable.count
        message.unreadable = arena.messages(unreadable.map(WireRange.init))
    }
}

extension Facet: CodedValue {
    init(_ message: Auditrpc__V1__Facet, _ check: inout FieldCheck) {
        value = check.string(message.value, "value")
        count = message.count
        name = check.string(message.name, "name")
        type = check.string(message.type, "type")
    }

    func write(to message: inout Auditrpc__V1__Facet, in arena: borrowing Arena) {
        message.value = arena.copy(value)
        message.count = count
        message.name = arena.copy(name)
        message.type = arena.copy(type)
    }
}
