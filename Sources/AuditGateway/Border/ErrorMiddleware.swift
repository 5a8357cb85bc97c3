import AuditRPC
import HTTPTypes
import Hummingbird
import Logging

/// Makes answers of errors, and of what Hummingbird says about paths and methods that it does not know.
struct ErrorMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: GatewayContext,
        next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as any HTTPResponseError {
            return .error(Self.error(error.status, request))
        } catch {
            let visible = GatewayError(error)
            if visible.code == .internal {
                context.logger.error(
                    "a request failed",
                    metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            }
            return .error(visible)
        }
    }

    private static func error(
        _ status: HTTPResponse.Status, _ request: Request
    ) -> GatewayError {
        switch status.code {
        case 404:
            GatewayError(
                .notFound,
                "there is nothing at \(request.method.rawValue) \(request.uri.path); "
                    + "/v1/openapi.json says what there is")
        case 413: .bodyTooLarge
        default:
            GatewayError(.invalidArgument, "the request cannot be read", httpStatus: status.code)
        }
    }
}
