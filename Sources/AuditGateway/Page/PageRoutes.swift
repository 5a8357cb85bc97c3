import AuditRPC
import Crypto
import HTTPTypes
import Hummingbird
import NIOCore
import PageAssets

/// The page: files that are part of the program.
struct PageRoutes: Sendable {
    func add(to router: Router<GatewayContext>) {
        for asset in PageAsset.all {
            router.get(RouterPath(asset.path)) { request, _ in asset.response(to: request) }
        }
    }
}

/// One file of the page.
struct PageAsset: Sendable {
    let path: String
    private let mediaType: String
    private let body: ByteBuffer
    /// In gzip; the same where that is no shorter.
    private let compressed: ByteBuffer?
    /// Of its content: the file is asked for each time and sent when it is a new one (RFC 9110 §8.8.3). A weak one,
    /// since the forms of it mean the same.
    private let tag: String

    private init(_ asset: page_asset) {
        let name = String(cString: asset.name)
        path =
            switch name {
            case "index.html": "/"
            case "openapi.json": "/v1/openapi.json"
            default: "/assets/\(name)"
            }
        mediaType = String(cString: asset.media_type)
        let bytes = UnsafeRawBufferPointer(start: asset.bytes, count: asset.byte_count)
        body = ByteBuffer(bytes: bytes)
        compressed = Gzip.compressed(Array(bytes)).map { ByteBuffer(bytes: $0) }
        let hash = SHA256.hash(data: bytes).prefix(12)
        let digits = hash.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
        tag = "W/\"\(digits.joined())\""
    }

    func response(to request: Request) -> Response {
        var headers: HTTPFields = [
            .contentType: mediaType, .eTag: tag, .cacheControl: "no-cache",
            .vary: "accept-encoding",
        ]
        if request.headers[.ifNoneMatch] == tag {
            return Response(status: .notModified, headers: headers)
        }
        guard let compressed, request.takesGzip else {
            return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: body))
        }
        headers[.contentEncoding] = "gzip"
        return Response(
            status: .ok, headers: headers, body: ResponseBody(byteBuffer: compressed))
    }

    /// Whether that path is of a file of the page.
    static func isPublic(_ path: String) -> Bool { paths.contains(path) }

    private static let paths = Set(all.map(\.path))

    static let all = UnsafeBufferPointer(start: page_assets_first(), count: page_assets_count())
        .map(PageAsset.init)
}

extension Request {
    /// `Accept-Encoding` names gzip, and not with a weight of nothing (RFC 9110 §12.5.3).
    fileprivate var takesGzip: Bool {
        headers[values: .acceptEncoding].flatMap { $0.split(separator: ",") }.contains { coding in
            let parts = coding.split(separator: ";").map { $0.filter { $0 != " " } }
            return parts.first?.lowercased() == "gzip" && !parts.contains { $0 == "q=0" }
        }
    }
}
