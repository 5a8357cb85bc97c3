import Codec
import Foundation

/// CloudTrail files on disk: each an object with an array of `Records`.
enum CloudTrailFiles {
    /// Folders become the `.json` files below them, in order of their path.
    static func expand(_ paths: [String]) throws(CommandError) -> [String] {
        var files: [String] = []
        for path in paths {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                throw CommandError(.usage, "there is no file \(SafeText.line(path))")
            }
            guard isFolder.boolValue else {
                files.append(path)
                continue
            }
            let found = try below(path)
            guard !found.isEmpty else {
                throw CommandError(
                    .usage,
                    "no .json file lies in \(SafeText.line(path)); compressed ones need gunzip first"
                )
            }
            files += found
        }
        return files
    }

    private static func below(_ folder: String) throws(CommandError) -> [String] {
        let prefix = folder.hasSuffix("/") ? folder : folder + "/"
        do {
            return try FileManager.default.subpathsOfDirectory(atPath: folder)
                .filter { $0.hasSuffix(".json") }.sorted().map { prefix + $0 }
        } catch {
            throw CommandError(.failure, "could not read the folder \(SafeText.line(folder))")
        }
    }

    /// The records of one file.
    static func records(path: String) throws(CommandError) -> [JSONValue] {
        let name = SafeText.line(path)
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        if let bytes = attributes?[.size] as? Int, bytes > Limits.cloudTrailFileBytesMax {
            throw CommandError(
                .refused, "\(name): larger than \(Limits.cloudTrailFileBytesMax) bytes")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandError(.failure, "\(name): could not be read")
        }
        return try records(of: [UInt8](data), name: name)
    }

    static func records(of bytes: [UInt8], name: String) throws(CommandError) -> [JSONValue] {
        if bytes.starts(with: [0x1F, 0x8B]) {
            throw CommandError(.refused, "\(name): is compressed; run gunzip on it first")
        }
        let file: JSONValue
        do throws(CodecError) {
            file = try JSONValue(parsing: bytes)
        } catch {
            throw CommandError(.refused, "\(name): \(error.message)")
        }
        guard case .array(let records)? = file.field("Records") else {
            throw CommandError(.refused, "\(name): has no array of Records")
        }
        return records
    }
}
