import Glibc
import NIOCore
import NIOPosix
import TestSupport

@testable import AuditRPC

/// nghttp2's own server, on a port that was free a moment ago.
struct NghttpdProcess {
    private static let path = "/usr/sbin/nghttpd"

    static var isInstalled: Bool { access(path, X_OK) == 0 }

    let address: RPCAddress
    private let pid: pid_t
    private let folder: TemporaryDirectory

    /// Returns when it listens. It serves one file, `index.html`.
    static func start(streamsMax: Int) async throws -> NghttpdProcess {
        let folder = try TemporaryDirectory()
        let page = Array("<p>h2spec wants a body of some bytes</p>\n".utf8)
        let file = open(folder.path + "/index.html", O_WRONLY | O_CREAT, 0o600)
        precondition(write(file, page, page.count) == page.count)
        close(file)
        let address = RPCAddress.tcp(host: "127.0.0.1", port: try await freePort())
        guard case .tcp(_, let port) = address else { fatalError("not a TCP address") }
        let options = ["-a", "127.0.0.1", "--no-tls", "-d", folder.path, "-m", "\(streamsMax)"]
        let process = NghttpdProcess(
            address: address, pid: spawn(options + ["\(port)"]), folder: folder)
        // It says nothing when it listens.
        while true {
            if let peer = try? await RawPeer.connect(to: address) {
                await peer.close()
                return process
            }
            var status: CInt = 0
            guard waitpid(process.pid, &status, WNOHANG) == 0 else { throw DidNotStart() }
        }
    }

    /// It ended at once: another program may have taken the port.
    struct DidNotStart: Error {}

    func stop() {
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }

    private static func freePort() async throws -> Int {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = listener.localAddress?.port ?? 0
        try await listener.close()
        return port
    }

    private static func spawn(_ arguments: [String]) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for file in [STDOUT_FILENO, STDERR_FILENO] {
            posix_spawn_file_actions_addopen(&actions, file, "/dev/null", O_WRONLY, 0)
        }
        var words = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        precondition(posix_spawn(&pid, path, &actions, nil, &words, environ) == 0)
        return pid
    }
}
