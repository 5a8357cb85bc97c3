internal import AuditRPC

/// Why no server was reached, in words.
extension AuditClientError {
    /// No server took the connection.
    static func unreachable(
        _ servers: [ServerAddress], _ failures: [ChannelMachine.Failure]
    ) -> AuditClientError {
        AuditClientError(.unavailable, text(servers, failures))
    }

    /// This side's own certificates, keys and the like.
    static func unusable(_ text: String) -> AuditClientError {
        AuditClientError(
            code: .unusable, grpcCode: Int32(RPCStatus.Code.invalidArgument.rawValue),
            message: text)
    }

    /// A call's time was over before a server took the connection.
    static func notReached(
        _ servers: [ServerAddress], within timeout: Duration, _ failures: [ChannelMachine.Failure]
    ) -> AuditClientError {
        let names = servers.map(\.description).joined(separator: ", ")
        let why = failures.isEmpty ? "" : ": " + text(servers, failures)
        return AuditClientError(
            .deadlineExceeded, "no connection to \(names) within \(DurationText.of(timeout))\(why)")
    }

    private static func text(
        _ servers: [ServerAddress], _ failures: [ChannelMachine.Failure]
    ) -> String {
        if failures.count == 1, let failure = failures.first {
            let server = servers[failure.server]
            let advice = failure.reason.advice.map { ": \($0)" } ?? ""
            return failure.reason.happened(at: server) + advice
        }
        let each = failures.map { $0.reason.happened(at: servers[$0.server]) }
        return "none of the \(servers.count) servers is reached: "
            + each.joined(separator: "; ")
    }
}

extension ConnectFailure {
    /// A clause without an end.
    func happened(at server: ServerAddress) -> String {
        switch self {
        case .refused: "nothing listens at \(server) (connection refused)"
        case .noSocketFile: "\(server) is not there"
        case .unknownHost: "the name in \(server) is not known"
        case .timedOut: "\(server) does not answer (timed out)"
        case .socket(let text): "\(server) is not reached (\(text))"
        case .silent: "\(server) took the connection and then said nothing"
        case .closed(nil): "\(server) took the connection and closed it"
        case .closed(let text?): "\(server) took the connection and it ended (\(text))"
        case .unusable(let text): "\(server) was not tried (\(text))"
        case .foreign(.http1(let line)):
            "\(server) speaks HTTP/1 and not gRPC\(Self.quoted(line))"
        case .foreign(.ssh(let line)): "\(server) is an SSH server\(Self.quoted(line))"
        case .tls: "no TLS with \(server): \(text)"
        case .foreign(.other(let line)): "\(server) does not speak gRPC\(Self.quoted(line))"
        }
    }

    /// What to do about it; nil where what happened says it all.
    var advice: String? {
        switch self {
        case .refused, .noSocketFile:
            "start a server with `auditrpc serve`, or check the address"
        case .unknownHost: "check the name, and the name servers of this machine"
        case .timedOut, .socket: "check the address, the network and the firewalls in between"
        case .silent: "it is no gRPC server, or it hangs; check the address"
        case .closed: "it is no gRPC server, it expects TLS, or it has too many connections"
        case .foreign: "check the port; an audit server usually listens on 50051"
        case .tls(let failure): failure.remedy
        case .unusable: nil
        }
    }

    /// What it said, when it said words.
    private static func quoted(_ line: String) -> String {
        line.isEmpty ? "" : " (it said: \(line.prefix(Limits.quotedCharactersMax)))"
    }
}
