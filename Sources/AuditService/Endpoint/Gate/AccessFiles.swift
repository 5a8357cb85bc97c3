import Access
import AuditRPC

/// The access file and the key file that it names: read at start, and again when they have changed.
actor AccessFiles {
    typealias Content = (rules: AccessRules, keys: KeySet)

    /// What they said first.
    nonisolated let atStart: Content
    private let path: String
    private let showsCertificates: Bool
    /// What the files held when they were read last, whether that was of use or not: a fault is told once.
    private var seen: [String: FileContents]

    /// - Parameter showsCertificates: clients must show certificates, so that rules about them mean something.
    /// - Throws: `invalid`, for the operator, with the file and the member.
    init(path: String, showsCertificates: Bool) async throws(ServiceError) {
        self.path = path
        self.showsCertificates = showsCertificates
        var reading = AccessReading()
        do throws(AccessFileError) {
            atStart = try await reading.read(path, showsCertificates: showsCertificates)
        } catch {
            throw ServiceError(.invalid, error.reason)
        }
        seen = reading.contents
    }

    /// What the files say now, or what is wrong with them; nil when they have not changed since they were read last.
    func changes() async -> Result<Content, AccessFileError>? {
        var again = AccessReading()
        guard seen.contains(where: { path, contents in again.contents(of: path) != contents })
        else { return nil }
        var reading = AccessReading()
        defer { seen = reading.contents }
        do throws(AccessFileError) {
            return .success(try await reading.read(path, showsCertificates: showsCertificates))
        } catch {
            return .failure(error)
        }
    }
}

/// One reading of the access file and of what it names, with what was read.
private struct AccessReading {
    /// By path.
    private(set) var contents: [String: FileContents] = [:]

    mutating func read(
        _ path: String, showsCertificates: Bool
    ) async throws(AccessFileError) -> AccessFiles.Content {
        let text = try bytes(of: "the access file", at: path)
        let rules = try Self.naming(path) { () throws(AccessFileError) in
            try AccessRules(json: text)
        }
        guard showsCertificates || rules.certificates == nil else {
            throw AccessFileError(
                "\(path): certificates has no meaning without --tls-client-ca, which has clients show them"
            )
        }
        guard let jwt = rules.jwt else { return (rules, .none) }
        let keyPath = Self.path(jwt.keyFile, besides: path)
        let keyText = try bytes(of: "the key file of jwt", at: keyPath)
        let file = try Self.naming(keyPath) { () throws(AccessFileError) in
            try KeySetFile(json: keyText)
        }
        do throws(AccessFileError) {
            return (rules, try await KeySet(file))
        } catch {
            throw AccessFileError("\(keyPath): \(error.reason)")
        }
    }

    mutating func contents(of path: String) -> FileContents {
        let found = FileContents.read(path, bytesMax: AccessLimits.fileBytesMax)
        contents[path] = found
        return found
    }

    private mutating func bytes(
        of role: String, at path: String
    ) throws(AccessFileError) -> [UInt8] {
        do throws(RPCError) {
            return try contents(of: path).bytes(of: role, at: path)
        } catch {
            throw AccessFileError(error.message)
        }
    }

    /// - Parameter file: the other one, for a name that is relative to its folder.
    private static func path(_ name: String, besides file: String) -> String {
        guard !name.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return name }
        return file[...slash] + name
    }

    private static func naming<Value>(
        _ path: String, _ body: () throws(AccessFileError) -> Value
    ) throws(AccessFileError) -> Value {
        do throws(AccessFileError) {
            return try body()
        } catch {
            throw AccessFileError("\(path): \(error.reason)")
        }
    }
}
