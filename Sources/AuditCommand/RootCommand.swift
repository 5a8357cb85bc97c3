import ArgumentParser
import AuditService
import Glibc

@main
struct RootCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "auditrpc",
        abstract: "An audit log: who did what, where and when.",
        discussion: """
            Start a server, fill it and look around:

              auditrpc serve --data ./data
              auditrpc import cloudtrail ./trail/
              auditrpc query --since 2h --outcome DENIED
              auditrpc tail --event-type DELETE
              auditrpc show 42

            A command talks to the server at $AUDITRPC_SERVER (127.0.0.1:50051 without it), for \
            the organization $AUDITRPC_ORGANIZATION (that of its token without it), and shows the \
            API token $AUDITRPC_TOKEN.

            It ends with 0, with 64 when the command line is wrong, with 65 when the input was \
            refused, with 69 when the server is not available, with 77 when the token does not \
            allow it, and with 70 otherwise.

            Completions: auditrpc --generate-completion-script bash (or zsh, or fish).
            """,
        version: AuditServer.version,
        subcommands: [
            ServeCommand.self, RecordCommand.self, QueryCommand.self, TailCommand.self,
            ShowCommand.self, FacetsCommand.self, HistogramCommand.self, StatusCommand.self,
            RetentionCommand.self, TokenCommand.self, QuotaCommand.self, WhoamiCommand.self,
            ImportCommand.self, SnapshotCommand.self, StoreCommand.self,
        ])

    static func main() async {
        // A closed pipe is seen where it is written to.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            end(with: error)
        }
    }

    /// Help, the version and completions go to standard output; what is wrong to standard error.
    private static func end(with error: any Error) -> Never {
        if let code = error as? ExitCode { Glibc.exit(code.rawValue) }
        switch exitCode(for: error) {
        case .success:
            exit(withError: error)
        case .validationFailure:
            try? StandardStream.error.write(CommandRunner.usageText(fullMessage(for: error)))
            Glibc.exit(CommandStatus.usage.rawValue)
        default:
            guard let failure = CommandRunner.failure(for: error) else {
                Glibc.exit(CommandStatus.success.rawValue)
            }
            note(failure.message)
            Glibc.exit(failure.status.rawValue)
        }
    }
}
