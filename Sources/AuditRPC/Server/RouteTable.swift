/// One method that the server knows.
final class Route: Sendable {
    let path: String
    let pathBytes: [UInt8]
    let requests: RPCRouter.RequestKind
    let makeHandler: RPCRouter.MakeHandler
    /// Nil lets everybody in.
    let gate: Admission.Gate?

    init(
        path: String, requests: RPCRouter.RequestKind,
        makeHandler: @escaping RPCRouter.MakeHandler, gate: Admission.Gate?
    ) {
        self.path = path
        pathBytes = Array(path.utf8)
        self.requests = requests
        self.makeHandler = makeHandler
        self.gate = gate
    }

    func matches(_ path: UnsafeRawBufferPointer) -> Bool {
        pathBytes.withUnsafeBytes { path.equals($0) }
    }
}

/// The routes by the bytes of their paths. Open addressing, at most half full; never changes.
struct RouteTable: Sendable {
    private let slots: [Route?]
    private let mask: Int

    init(_ routes: some Collection<Route>) {
        var capacity = 8
        while capacity < routes.count * 2 { capacity *= 2 }
        mask = capacity - 1
        var slots = [Route?](repeating: nil, count: capacity)
        for route in routes {
            var slot = route.pathBytes.withUnsafeBytes { Self.hash($0) } & (capacity - 1)
            while slots[slot] != nil { slot = (slot + 1) & (capacity - 1) }
            slots[slot] = route
        }
        self.slots = slots
    }

    func find(_ path: UnsafeRawBufferPointer) -> Route? {
        var slot = Self.hash(path) & mask
        while let route = slots[slot] {
            if route.matches(path) { return route }
            slot = (slot + 1) & mask
        }
        return nil
    }

    /// What is wrong with a path that `find` does not know, in words for the client.
    func problem(ofUnknown path: String) -> String {
        guard path.hasPrefix("/"), let end = path.dropFirst().lastIndex(of: "/"),
            end != path.index(before: path.endIndex), end != path.index(after: path.startIndex)
        else {
            return "malformed path \(path): it is not of the form /package.Service/Method"
        }
        let service = path[...end]
        // A walk over all routes, but calls of methods that do not exist are few, and so are routes.
        let isKnown = slots.contains { $0?.path.hasPrefix(service) == true }
        return isKnown
            ? "unknown method \(path)"
            : "unknown service \(service.dropFirst().dropLast()), called by \(path)"
    }

    /// FNV-1a. The server's own paths fill the table, so nobody outside can make them collide.
    private static func hash(_ bytes: UnsafeRawBufferPointer) -> Int {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return Int(truncatingIfNeeded: hash ^ hash >> 32)
    }
}
