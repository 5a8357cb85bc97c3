/// Whether a service takes calls: `grpc.health.v1.HealthCheckResponse.ServingStatus`.
public enum ServingStatus: Int32, WireEnumeration {
    case unknown = 0
    case serving
    case notServing
    /// Said to those who watch a service that the server does not have.
    case serviceUnknown

    public var name: String {
        switch self {
        case .unknown: "UNKNOWN"
        case .serving: "SERVING"
        case .notServing: "NOT_SERVING"
        case .serviceUnknown: "SERVICE_UNKNOWN"
        }
    }
}

/// `grpc.health.v1.HealthCheckRequest`, of Check and of Watch.
public struct HealthCheckRequest: Hashable, Sendable {
    /// The full name of a service; empty for the server as a whole.
    public var service: String

    public init(service: String = "") { self.service = service }
}

/// `grpc.health.v1.HealthCheckResponse`.
public struct HealthCheckResponse: Hashable, Sendable {
    public var status: ServingStatus

    public init(status: ServingStatus) { self.status = status }
}

/// `grpc.health.v1.HealthListRequest`.
public struct HealthListRequest: Hashable, Sendable {
    public init() {}
}

/// `grpc.health.v1.HealthListResponse`.
public struct HealthListResponse: Hashable, Sendable {
    /// By the service's name; the server as a whole has the empty one.
    public var statuses: [String: ServingStatus]

    public init(statuses: [String: ServingStatus]) { self.statuses = statuses }
}
