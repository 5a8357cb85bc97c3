/// Why a command ended: what the person reads after `auditrpc: `, and the status the shell gets.
struct CommandError: Error, Hashable, CustomStringConvertible {
    var status: CommandStatus
    var message: String

    init(_ status: CommandStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    var description: String { message }
}
