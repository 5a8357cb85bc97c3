import ArgumentParser
import AuditClient
import AuditService
import Codec

/// Turns whatever ends a command into words on standard error and a status for the shell.
enum CommandRunner {
    /// Nil when the command ends well, which a closed pipe is.
    static func failure(for error: any Error) -> CommandError? {
        switch error {
        case is StandardStream.ReaderGone: nil
        case let error as CommandError: error
        case let error as AuditClientError where error.grpcCode == unauthenticated:
            CommandError(
                .noPermission,
                "\(error.message) (a token goes into --token-file or $AUDITRPC_TOKEN)")
        case let error as AuditClientError: CommandError(status(of: error), error.message)
        case let error as ServiceError where error.code == .invalid:
            CommandError(.usage, error.message)
        case let error as CodecError: CommandError(.refused, error.message)
        default: CommandError(.failure, "\(error)")
        }
    }

    // Status codes of gRPC.
    private static let permissionDenied: Int32 = 7
    private static let unauthenticated: Int32 = 16

    static func status(of error: AuditClientError) -> CommandStatus {
        switch error.code {
        case .refused where [permissionDenied, unauthenticated].contains(error.grpcCode):
            .noPermission
        case .unusable: .usage
        case .refused, .tooLarge: .refused
        case .unavailable, .timedOut: .unavailable
        case .cancelled, .failed: .failure
        }
    }

    /// What the argument parser says, with this tool's name in front: `Error: ` becomes
    /// `auditrpc: `.
    static func usageText(_ fullMessage: String) -> String {
        let prefix = "Error: "
        let text =
            fullMessage.hasPrefix(prefix)
            ? String(fullMessage.dropFirst(prefix.count)) : fullMessage
        return "auditrpc: \(text)\n"
    }
}
