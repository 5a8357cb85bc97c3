import AuditModel

extension EventFilter {
    static func tooMany(_ count: Int) -> String {
        """
        has \(grouped(count)) values; at most \(grouped(Limits.filterValuesMax)) in all fields \
        together are allowed
        """
    }

    /// Of all fields together.
    var valueCount: Int {
        eventTypes.count + targetTypes.count + targetIDs.count + scopes.count
            + actorIDs.count + actorTypes.count + sources.count + outcomes.count
    }

    /// Notes what the limits of filter.proto refuse.
    func check(_ check: inout FieldCheck) {
        let count = valueCount
        guard count <= Limits.filterValuesMax else {
            return check.refuseWhole(EventFilter.tooMany(count))
        }
        check.values("event_types", eventTypes)
        check.values("target_types", targetTypes)
        check.values("target_ids", targetIDs)
        for (index, scope) in scopes.enumerated() {
            check.enter("scopes", index)
            check.value(scope.type, "type")
            check.value(scope.id, "id", required: true)
            check.leave()
        }
        check.values("actor_ids", actorIDs)
        for (index, type) in actorTypes.enumerated() where type == .unspecified {
            check.refuse("actor_types", at: index, "is unspecified; no event has that")
        }
        check.values("sources", sources)
        for (index, outcome) in outcomes.enumerated() where outcome == .unspecified {
            check.refuse("outcomes", at: index, "is unspecified; no event has that")
        }
        if let since, let until, until < since {
            check.refuse("until", "is \(until.rfc3339), before since (\(since.rfc3339))")
        }
        check.value(text, "text")
    }
}

extension FieldCheck {
    fileprivate mutating func values(_ field: StaticString, _ values: [String]) {
        for (index, value) in values.enumerated() {
            self.value(value, field, index, required: true)
        }
    }

    fileprivate mutating func value(
        _ value: String, _ field: StaticString, _ index: Int = FieldCheck.noIndex,
        required: Bool = false
    ) {
        var value = value
        let isEmpty = value.isEmpty
        value.withUTF8 { text(UnsafeRawBufferPointer($0), field, index) }
        if required, isEmpty { refuse(field, at: index, "is empty; no event has that") }
    }
}
