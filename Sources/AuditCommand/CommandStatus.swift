/// What the shell is told, after sysexits(3).
enum CommandStatus: Int32, Sendable {
    case success = 0
    /// The command line was wrong.
    case usage = 64
    /// The input was refused, here or by the server.
    case refused = 65
    /// The server could not be reached, or is going away.
    case unavailable = 69
    /// Anything else.
    case failure = 70
    /// The credential is missing, is not known, or does not allow it.
    case noPermission = 77
}
