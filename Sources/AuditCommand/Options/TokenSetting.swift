import AuditService
import Foundation

/// The API token that a command shows. Never an option of its own: the arguments of a process are for everybody on the
/// machine to read.
enum TokenSetting {
    /// Bytes of a token file that are read.
    private static let fileBytesMax = 64 << 10

    /// - Parameter file: of `--token-file`.
    static func token(
        file: String?, environment: [String: String]
    ) throws(CommandError) -> String? {
        if file == nil, let token = environment["AUDITRPC_TOKEN"], !token.isEmpty {
            return try checked(token, "$AUDITRPC_TOKEN")
        }
        let setting = Setting(file, "--token-file", or: "AUDITRPC_TOKEN_FILE", in: environment)
        guard let setting else { return nil }
        if let refusal = SecretFile.refusal(of: setting.text) {
            throw CommandError(.usage, "\(setting.name): \(refusal)")
        }
        guard let bytes = FileManager.default.contents(atPath: setting.text),
            bytes.count <= fileBytesMax
        else { throw setting.error("is no file that can be read") }
        return try checked(
            String(decoding: bytes, as: UTF8.self), "the token in \(SafeText.line(setting.text))")
    }

    /// What is wrong with it is said without the token.
    private static func checked(
        _ text: String, _ what: String
    ) throws(CommandError) -> String {
        let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw CommandError(.usage, "\(what) is none: it is one line of letters and digits")
        }
        return token
    }
}
