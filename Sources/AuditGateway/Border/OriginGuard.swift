import AuditRPC
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Keeps pages of other origins from using the server through the browser of somebody who may.
struct OriginGuard: RouterMiddleware {
    let isEncrypted: Bool

    func handle(
        _ request: Request, context: GatewayContext,
        next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        let facts = OriginFacts(
            path: request.uri.path, host: request.head.authority ?? "",
            site: request.headers[Self.site], origin: request.headers[.origin],
            hasCredential: request.headers[.authorization] != nil,
            isPlainAndLocal: !isEncrypted && context.peerIsLocal)
        if let refusal = facts.refusal {
            throw GatewayError(.permissionDenied, refusal)
        }
        return try await next(request, context)
    }

    private static let site = HTTPField.Name("Sec-Fetch-Site")!
}

/// What a request says about the page that made it.
struct OriginFacts: Equatable {
    var path: String
    /// The `Host` field, or `:authority`.
    var host: String
    /// `Sec-Fetch-Site` (W3C Fetch Metadata): what a browser says about the page that asks.
    var site: String?
    var origin: String?
    var hasCredential: Bool
    /// In plain text from this machine, where who asks may need no credential.
    var isPlainAndLocal: Bool

    /// Why it is not answered; nil when it may be. The page itself is for everybody: links to it are links from other
    /// sites, and it holds no event. Whatever is not written just as its files are is guarded: the router takes
    /// `//v1/events` for `/v1/events`.
    var refusal: String? {
        guard !PageAsset.isPublic(path) else { return nil }
        if let site, site != "same-origin", site != "none" {
            return "requests of pages of other sites are not answered"
        }
        if let origin, !Self.isOrigin(origin, of: host) {
            return "requests of pages of other origins are not answered"
        }
        if isPlainAndLocal, !hasCredential, !Self.isNameOfThisMachine(host) {
            return """
                without a credential this server is to be asked for as localhost or 127.0.0.1, not as \
                \(host.prefix(100))
                """
        }
        return nil
    }

    /// Whether that origin (scheme, `://`, host and port) is this server.
    private static func isOrigin(_ origin: String, of host: String) -> Bool {
        guard let colon = origin.range(of: "://") else { return false }
        return origin[colon.upperBound...].lowercased() == host.lowercased()
    }

    /// A foreign name that points to this machine is not one (DNS rebinding).
    static func isNameOfThisMachine(_ host: String) -> Bool {
        let name = Self.name(of: host).lowercased()
        if name == "localhost" || name.hasSuffix(".localhost") { return true }
        // Digits and dots, so that it is no name: 127.0.0.1.example.org would be one.
        if name.hasPrefix("127."), name.allSatisfy({ $0.isNumber && $0.isASCII || $0 == "." }) {
            return (try? SocketAddress(ipAddress: name, port: 0)) != nil
        }
        return name == "[::1]"
    }

    /// Without the port.
    private static func name(of host: String) -> Substring {
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") { return host[...end] }
        return host.prefix { $0 != ":" }
    }
}
