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
    /// Of its content: the file is asked for each time and sent when it is a new one (RFC 9110 §8.8.3).
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
        let hash = SHA256.hash(data: bytes).prefix(12)
        let digits = hash.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
        tag = "\"\(digits.joined())\""
    }

    func response(to request: Request) -> Response {
        let headers: HTTPFields = [
            .contentType: mediaType, .eTag: tag, .cacheControl: "no-cache",
        ]
        if request.headers[.ifNoneMatch] == tag {
            return Response(status: .notModified, headers: headers)
        }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: body))
    }

    static let all = UnsafeBufferPointer(start: page_assets_first(), count: page_assets_count())
        .map(PageAsset.init)
}
