import Logging
import ServiceLifecycle
import UnixSignals

/// Work that goes on until SIGINT or SIGTERM, and then ends well.
enum Interruptible {
    /// Runs `body` until it returns, throws, or is cancelled by a signal; being cancelled so is
    /// no error.
    static func run(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    ServiceGroupConfiguration.ServiceConfiguration(
                        service: Work(body: body),
                        successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .cancelGroup)
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: .silent))
        try await group.run()
    }

    private struct Work: Service {
        let body: @Sendable () async throws -> Void

        func run() async throws {
            try await cancelWhenGracefulShutdown {
                do {
                    try await body()
                } catch {
                    // What a cancelled call ends with is of no interest to the person who ended
                    // it.
                    guard Task.isCancelled else { throw error }
                }
            }
        }
    }
}
