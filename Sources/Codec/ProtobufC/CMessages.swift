import CAuditProto

// Every message of the contract, as protoc-c names it.

extension Google__Protobuf__Timestamp: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        google__protobuf__timestamp__init
    }
}
extension Google__Protobuf__Duration: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        google__protobuf__duration__init
    }
}
extension Google__Protobuf__Any: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        google__protobuf__any__init
    }
}
extension Google__Rpc__Status: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        google__rpc__status__init
    }
}
extension Google__Rpc__BadRequest__FieldViolation: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        google__rpc__bad_request__field_violation__init
    }
}
extension Google__Rpc__BadRequest: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        google__rpc__bad_request__init
    }
}
extension Auditrpc__V1__Event__MetadataEntry: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__event__metadata_entry__init
    }
}
extension Auditrpc__V1__Event: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__event__init
    }
}
extension Auditrpc__V1__Target: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__target__init
    }
}
extension Auditrpc__V1__Resource: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__resource__init
    }
}
extension Auditrpc__V1__Actor: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__actor__init
    }
}
extension Auditrpc__V1__RequestContext: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__request_context__init
    }
}
extension Auditrpc__V1__EventFilter: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__event_filter__init
    }
}
extension Auditrpc__V1__ScopeFilter: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__scope_filter__init
    }
}
extension Auditrpc__V1__RecordRequest: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__record_request__init
    }
}
extension Auditrpc__V1__RecordResponse: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__record_response__init
    }
}
extension Auditrpc__V1__RecordResult: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__record_result__init
    }
}
extension Auditrpc__V1__QueryRequest: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__query_request__init
    }
}
extension Auditrpc__V1__QueryResponse: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__query_response__init
    }
}
extension Auditrpc__V1__SequenceRange: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__sequence_range__init
    }
}
extension Auditrpc__V1__SubscribeRequest: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__subscribe_request__init
    }
}
extension Auditrpc__V1__SubscribeResponse__Started: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__subscribe_response__started__init
    }
}
extension Auditrpc__V1__SubscribeResponse__Events: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__subscribe_response__events__init
    }
}
extension Auditrpc__V1__SubscribeResponse__Progress: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__subscribe_response__progress__init
    }
}
extension Auditrpc__V1__SubscribeResponse__CaughtUp: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__subscribe_response__caught_up__init
    }
}
extension Auditrpc__V1__SubscribeResponse__FellBehind: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__subscribe_response__fell_behind__init
    }
}
extension Auditrpc__V1__SubscribeResponse__Gap: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__subscribe_response__gap__init
    }
}
extension Auditrpc__V1__SubscribeResponse: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__subscribe_response__init
    }
}
extension Auditrpc__V1__GetEventRequest: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__get_event_request__init
    }
}
extension Auditrpc__V1__GetEventResponse: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__get_event_response__init
    }
}
extension Auditrpc__V1__JsonDifference: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__json_difference__init
    }
}
extension Auditrpc__V1__ListFacetsRequest: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__list_facets_request__init
    }
}
extension Auditrpc__V1__ListFacetsResponse: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__list_facets_response__init
    }
}
extension Auditrpc__V1__Facet: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__facet__init
    }
}
extension Auditrpc__V1__GetStatusRequest: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__get_status_request__init
    }
}
extension Auditrpc__V1__GetStatusResponse: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__get_status_response__init
    }
}
