import Codec

/// What a person decided, and where: with an option, or with the environment variable behind it.
struct Setting: Hashable {
    var text: String
    /// `--server` or `$AUDITRPC_SERVER`: what a message calls it.
    var name: String

    init(_ text: String, name: String) {
        self.text = text
        self.name = name
    }

    /// The option when it was given, else the variable when it holds anything.
    init?(
        _ option: String?, _ name: String, or variable: String, in environment: [String: String]
    ) {
        if let option {
            self.init(option, name: name)
        } else if let text = environment[variable], !text.isEmpty {
            self.init(text, name: "$" + variable)
        } else {
            return nil
        }
    }

    /// What is wrong with it: the name, the text, the problem.
    func error(_ problem: String) -> CommandError {
        CommandError(.usage, "\(name) '\(SafeText.line(text))' \(problem)")
    }

    func duration() throws(CommandError) -> Duration {
        guard let duration = DurationExpression.duration(text) else {
            throw error("is not a length of time: \(DurationExpression.help)")
        }
        return duration
    }

    func bytes() throws(CommandError) -> Int {
        guard let bytes = ByteExpression.bytes(text) else {
            throw error("is not a number of bytes: \(ByteExpression.help)")
        }
        return bytes
    }

    /// A switch: on by its option, or by its variable with `1`, `true`, `yes` or `on`.
    static func flag(
        _ option: Bool, or variable: String, in environment: [String: String]
    ) throws(CommandError) -> Bool {
        guard !option, let setting = Setting(nil, "", or: variable, in: environment) else {
            return option
        }
        switch setting.text.lowercased() {
        case "1", "true", "yes", "on": return true
        case "0", "false", "no", "off": return false
        default: throw setting.error("is neither true nor false")
        }
    }
}
