import AuditRPC
import Codec

/// `grpc.reflection.v1.ServerReflection` and its `v1alpha`, which differ in name alone: what a
/// generic client needs to call every service without its .proto files.
struct ReflectionService: Sendable {
    static let names = [
        "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection",
    ]

    /// Of the files that declare the services.
    let descriptors: DescriptorIndex
    let limits: RPCServiceLimits

    /// Names every service that the router has then, itself included.
    func register(with router: inout RPCRouter) {
        let services = (router.services + Self.names).sorted()
        for name in Self.names {
            router.add("/\(name)/ServerReflectionInfo", requests: .many) { [self] _ in
                ReflectionCall(
                    ReflectionConversation(descriptors: descriptors, services: services),
                    limits: limits)
            }
        }
    }
}
