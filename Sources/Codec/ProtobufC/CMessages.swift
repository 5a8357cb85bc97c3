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
extension Google__Rpc__RetryInfo: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        google__rpc__retry_info__init
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
extension Auditrpc__V1__HistogramRequest: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__histogram_request__init
    }
}
extension Auditrpc__V1__HistogramResponse: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__histogram_response__init
    }
}
extension Auditrpc__V1__HistogramSeries: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__histogram_series__init
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
extension Auditrpc__V1__FeedStatus: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__feed_status__init
    }
}
extension Auditrpc__V1__FeedLag: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__feed_lag__init
    }
}
extension Auditrpc__V1__StoreStatus: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__store_status__init
    }
}
extension Auditrpc__V1__RetentionPolicy: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__retention_policy__init
    }
}
extension Auditrpc__V1__OrganizationRetention: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__organization_retention__init
    }
}
extension Auditrpc__V1__GetRetentionRequest: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__get_retention_request__init
    }
}
extension Auditrpc__V1__GetRetentionResponse: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__get_retention_response__init
    }
}
extension Auditrpc__V1__ListRetentionRequest: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__list_retention_request__init
    }
}
extension Auditrpc__V1__ListRetentionResponse: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__list_retention_response__init
    }
}
extension Auditrpc__V1__SetRetentionRequest: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__set_retention_request__init
    }
}
extension Auditrpc__V1__SetRetentionResponse: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__set_retention_response__init
    }
}
extension Auditrpc__V1__CreateSnapshotRequest: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__create_snapshot_request__init
    }
}
extension Auditrpc__V1__CreateSnapshotResponse: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__create_snapshot_response__init
    }
}
extension Auditrpc__V1__Recorder: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__recorder__init
    }
}
extension Auditrpc__V1__Token: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__token__init
    }
}
extension Auditrpc__V1__CreateTokenRequest: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__create_token_request__init
    }
}
extension Auditrpc__V1__CreateTokenResponse: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__create_token_response__init
    }
}
extension Auditrpc__V1__ListTokensRequest: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__list_tokens_request__init
    }
}
extension Auditrpc__V1__ListTokensResponse: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__list_tokens_response__init
    }
}
extension Auditrpc__V1__RotateTokenRequest: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__rotate_token_request__init
    }
}
extension Auditrpc__V1__RevokeTokenRequest: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__revoke_token_request__init
    }
}
extension Auditrpc__V1__RevokeTokenResponse: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__revoke_token_response__init
    }
}
extension Auditrpc__V1__CreateViewerTokenRequest: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__create_viewer_token_request__init
    }
}
extension Auditrpc__V1__CreateViewerTokenResponse: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__create_viewer_token_response__init
    }
}
extension Auditrpc__V1__GetCallerRequest: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__get_caller_request__init
    }
}
extension Auditrpc__V1__GetCallerResponse: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__get_caller_response__init
    }
}
extension Auditrpc__V1__Quota: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__quota__init
    }
}
extension Auditrpc__V1__SubjectQuota: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__subject_quota__init
    }
}
extension Auditrpc__V1__SetQuotaRequest: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__set_quota_request__init
    }
}
extension Auditrpc__V1__SetQuotaResponse: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__set_quota_response__init
    }
}
extension Auditrpc__V1__ListQuotasRequest: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__list_quotas_request__init
    }
}
extension Auditrpc__V1__ListQuotasResponse: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        auditrpc__v1__list_quotas_response__init
    }
}
extension Grpc__Health__V1__HealthCheckRequest: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        grpc__health__v1__health_check_request__init
    }
}
extension Grpc__Health__V1__HealthCheckResponse: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        grpc__health__v1__health_check_response__init
    }
}
extension Grpc__Health__V1__HealthListRequest: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        grpc__health__v1__health_list_request__init
    }
}
extension Grpc__Health__V1__HealthListResponse__StatusesEntry: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        grpc__health__v1__health_list_response__statuses_entry__init
    }
}
extension Grpc__Health__V1__HealthListResponse: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        grpc__health__v1__health_list_response__init
    }
}
extension Grpc__Reflection__V1__ServerReflectionRequest: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        grpc__reflection__v1__server_reflection_request__init
    }
}
extension Grpc__Reflection__V1__ExtensionRequest: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        grpc__reflection__v1__extension_request__init
    }
}
extension Grpc__Reflection__V1__ServerReflectionResponse: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        grpc__reflection__v1__server_reflection_response__init
    }
}
extension Grpc__Reflection__V1__FileDescriptorResponse: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        grpc__reflection__v1__file_descriptor_response__init
    }
}
extension Grpc__Reflection__V1__ExtensionNumberResponse: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        grpc__reflection__v1__extension_number_response__init
    }
}
extension Grpc__Reflection__V1__ListServiceResponse: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        grpc__reflection__v1__list_service_response__init
    }
}
extension Grpc__Reflection__V1__ServiceResponse: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        grpc__reflection__v1__service_response__init
    }
}
extension Grpc__Reflection__V1__ErrorResponse: CMessage {
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void {
        grpc__reflection__v1__error_response__init
    }
}
