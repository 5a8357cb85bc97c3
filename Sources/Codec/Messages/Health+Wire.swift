import CAuditProto
import CProtobufC

extension HealthCheckRequest: CodedMessage {
    static var wireName: StaticString { "grpc.health.v1.HealthCheckRequest" }

    init(_ message: Grpc__Health__V1__HealthCheckRequest, _ check: inout FieldCheck) {
        service = check.string(message.service, "service")
    }

    func write(
        to message: inout Grpc__Health__V1__HealthCheckRequest, in arena: borrowing Arena
    ) {
        message.service = arena.copy(service)
    }
}

extension HealthCheckResponse: CodedMessage {
    static var wireName: StaticString { "grpc.health.v1.HealthCheckResponse" }

    init(_ message: Grpc__Health__V1__HealthCheckResponse, _ check: inout FieldCheck) {
        status = ServingStatus(rawValue: Int32(bitPattern: message.status.rawValue)) ?? .unknown
    }

    func write(
        to message: inout Grpc__Health__V1__HealthCheckResponse, in arena: borrowing Arena
    ) {
        message.status = Grpc__Health__V1__HealthCheckResponse__ServingStatus(
            UInt32(bitPattern: status.rawValue))
    }
}

extension HealthListRequest: CodedMessage {
    static var wireName: StaticString { "grpc.health.v1.HealthListRequest" }

    init(_ message: Grpc__Health__V1__HealthListRequest, _ check: inout FieldCheck) {}

    func write(
        to message: inout Grpc__Health__V1__HealthListRequest, in arena: borrowing Arena
    ) {}
}

extension HealthListResponse: CodedMessage {
    static var wireName: StaticString { "grpc.health.v1.HealthListResponse" }

    init(_ message: Grpc__Health__V1__HealthListResponse, _ check: inout FieldCheck) {
        let entries = check.list(
            ListedHealth.self, "statuses", message.n_statuses, message.statuses)
        // Of a key that comes twice the last one counts, as in every map of protobuf.
        statuses = Dictionary(entries.map { ($0.service, $0.health.status) }) { $1 }
    }

    func write(
        to message: inout Grpc__Health__V1__HealthListResponse, in arena: borrowing Arena
    ) {
        message.n_statuses = statuses.count
        message.statuses = arena.messages(
            statuses.sorted { $0.key < $1.key }.map {
                ListedHealth(service: $0.key, health: HealthCheckResponse(status: $0.value))
            })
    }
}

/// One entry of the map.
private struct ListedHealth: CodedValue {
    var service: String
    var health: HealthCheckResponse

    init(service: String, health: HealthCheckResponse) {
        self.service = service
        self.health = health
    }

    init(
        _ message: Grpc__Health__V1__HealthListResponse__StatusesEntry, _ check: inout FieldCheck
    ) {
        service = check.string(message.key, "key")
        health =
            check.optional(HealthCheckResponse.self, "value", message.value)
            ?? HealthCheckResponse(status: .unknown)
    }

    func write(
        to message: inout Grpc__Health__V1__HealthListResponse__StatusesEntry,
        in arena: borrowing Arena
    ) {
        message.key = arena.copy(service)
        message.value = arena.message(health)
    }
}
