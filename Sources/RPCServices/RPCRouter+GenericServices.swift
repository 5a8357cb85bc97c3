package import AuditRPC
package import Codec

extension RPCRouter {
    /// Adds health and reflection, which then speak of every service in this router: call it last.
    ///
    /// - Parameters:
    ///   - health: of the server, to set while it runs.
    ///   - descriptors: of the files that declare the services.
    package mutating func addGenericServices(
        health: HealthService, descriptors: DescriptorIndex,
        limits: RPCServiceLimits = RPCServiceLimits()
    ) {
        health.register(with: &self)
        ReflectionService(descriptors: descriptors, limits: limits).register(with: &self)
        health.add(services)
    }
}
