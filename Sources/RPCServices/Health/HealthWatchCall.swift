import AuditRPC
import Codec
import NIOCore

/// One Watch call, on the event loop of its connection: says the status at once, and again when it
/// has changed.
///
/// A client that does not read is told the latest when it does, not everything that was in between.
final class HealthWatchCall: ServerCallHandler {
    private let health: HealthService
    /// Nil before the request, and for a service that the server does not have.
    private var service: String?
    private var watch: HealthBoard<HealthWatcher>.WatchID?
    /// What the client was told last.
    private var told: ServingStatus?

    init(_ health: HealthService) {
        self.health = health
    }

    func receive(message: UnsafeRawBufferPointer, on call: ServerCall) {
        let request: HealthCheckRequest
        do throws(CodecError) {
            request = try HealthCheckRequest(decoding: message)
        } catch {
            return call.finish(RPCStatus(.invalidArgument, error.message))
        }
        let watcher = HealthWatcher(
            call: call.reference, handler: NIOLoopBound(self, eventLoop: call.eventLoop))
        watch = health.watch(request.service, watcher)
        guard watch != nil else {
            return call.finish(
                RPCStatus(.resourceExhausted, "as many clients watch this server as it allows"))
        }
        // A name that stays unknown is not worth its memory.
        service = health.status(of: request.service) == nil ? nil : request.service
        tell(call)
    }

    func receiveEnd(on call: ServerCall) {}

    func writable(on call: ServerCall) {
        tell(call)
    }

    /// The last word is NOT_SERVING; the end makes the client look for another server.
    func drain(on call: ServerCall) {
        if watch != nil { tell(call) }
        leave()
        call.finish(RPCStatus(.unavailable, "the server is shutting down"))
    }

    func cancel(reason: CancelReason, on call: ServerCall) {
        leave()
    }

    /// Something may have changed, on the call's event loop.
    static func tell(_ call: ServerCall, _ watcher: HealthWatcher) {
        watcher.handler.value.tell(call)
    }

    /// Says what has changed since the last time.
    private func tell(_ call: ServerCall) {
        let status = service.flatMap { health.status(of: $0) } ?? .serviceUnknown
        guard status != told, call.isWritable else { return }
        told = status
        call.send(message: HealthCheckResponse(status: status).encoded())
    }

    private func leave() {
        if let watch { health.unwatch(watch) }
        watch = nil
    }
}
