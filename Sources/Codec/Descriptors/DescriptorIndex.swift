/// Which file of a `google.protobuf.FileDescriptorSet` declares what: all that server reflection
/// asks.
package struct DescriptorIndex: Sendable {
    /// One `FileDescriptorProto`.
    package struct File: Sendable {
        package var name = ""
        /// As the compiler wrote it.
        package var bytes: [UInt8]
        fileprivate(set) var imports: [String] = []
    }

    /// Names a file of this index: its place in `files`.
    package typealias FileID = Int

    private struct Symbol {
        var file: FileID
        var isMessage: Bool
    }

    package private(set) var files: [File] = []
    private var filesByName: [String: FileID] = [:]
    /// By full name: messages, fields, oneofs, enumerations and their values, services, methods,
    /// extensions.
    private var symbols: [String: Symbol] = [:]
    /// By the message that is extended, then by the number of the field.
    private var extensions: [String: [Int32: FileID]] = [:]

    /// - Throws: `malformed` for bytes that are not a descriptor set.
    package init(fileDescriptorSet bytes: UnsafeRawBufferPointer) throws(CodecError) {
        try DescriptorIndex.visit(bytes) { (field) throws(CodecError) in
            guard field.number == Field.Set.file else { return }
            try add(file: field.bytes)
        }
    }

    // MARK: - Questions

    package func file(named name: String) -> FileID? { filesByName[name] }

    /// - Parameter symbol: its full name, without a leading dot.
    package func file(declaring symbol: String) -> FileID? { symbols[symbol]?.file }

    package func file(extending message: String, number: Int32) -> FileID? {
        extensions[message]?[number]
    }

    /// In rising order; nil when there is no such message.
    package func extensionNumbers(of message: String) -> [Int32]? {
        if let known = extensions[message] { return known.keys.sorted() }
        return symbols[message]?.isMessage == true ? [] : nil
    }

    /// A file and everything that it needs, each once, the file itself first.
    package func closure(of file: FileID) -> [FileID] {
        var found = [file]
        var next = 0
        while next < found.count {
            for name in files[found[next]].imports {
                guard let needed = filesByName[name], !found.contains(needed) else { continue }
                found.append(needed)
            }
            next += 1
        }
        return found
    }

    // MARK: - Reading

    private mutating func add(file bytes: UnsafeRawBufferPointer) throws(CodecError) {
        let id = files.count
        var file = File(bytes: Array(bytes))
        var package = ""
        // The package may come behind what it contains.
        try DescriptorIndex.visit(bytes) { (field) throws(CodecError) in
            switch field.number {
            case Field.File.name: file.name = try DescriptorIndex.text(field)
            case Field.File.package: package = try DescriptorIndex.text(field)
            case Field.File.dependency: file.imports.append(try DescriptorIndex.text(field))
            default: break
            }
        }
        files.append(file)
        filesByName[file.name] = id
        try DescriptorIndex.visit(bytes) { (field) throws(CodecError) in
            switch field.number {
            case Field.File.message: try add(message: field.bytes, in: package, id, depth: 0)
            case Field.File.enumeration: try add(enumeration: field.bytes, in: package, id)
            case Field.File.service:
                try add(field.bytes, in: package, members: Field.Service.method, id)
            case Field.File.extension: try add(extension: field.bytes, in: package, id)
            default: break
            }
        }
    }

    private mutating func add(
        message bytes: UnsafeRawBufferPointer, in scope: String, _ file: FileID, depth: Int
    ) throws(CodecError) {
        guard depth < Limits.descriptorDepthMax else { throw DescriptorIndex.malformed }
        let name = try DescriptorIndex.name(of: bytes, in: scope)
        symbols[name] = Symbol(file: file, isMessage: true)
        try DescriptorIndex.visit(bytes) { (field) throws(CodecError) in
            switch field.number {
            case Field.Message.field, Field.Message.oneof:
                add(try DescriptorIndex.name(of: field.bytes, in: name), file)
            case Field.Message.message:
                try add(message: field.bytes, in: name, file, depth: depth + 1)
            case Field.Message.enumeration: try add(enumeration: field.bytes, in: name, file)
            case Field.Message.extension: try add(extension: field.bytes, in: name, file)
            default: break
            }
        }
    }

    /// The values of an enumeration are its siblings, as in C++.
    private mutating func add(
        enumeration bytes: UnsafeRawBufferPointer, in scope: String, _ file: FileID
    ) throws(CodecError) {
        add(try DescriptorIndex.name(of: bytes, in: scope), file)
        try DescriptorIndex.visit(bytes) { (field) throws(CodecError) in
            guard field.number == Field.Enumeration.value else { return }
            add(try DescriptorIndex.name(of: field.bytes, in: scope), file)
        }
    }

    /// Something with a name, and the members that it encloses.
    private mutating func add(
        _ bytes: UnsafeRawBufferPointer, in scope: String, members: UInt32, _ file: FileID
    ) throws(CodecError) {
        let name = try DescriptorIndex.name(of: bytes, in: scope)
        add(name, file)
        try DescriptorIndex.visit(bytes) { (field) throws(CodecError) in
            guard field.number == members else { return }
            add(try DescriptorIndex.name(of: field.bytes, in: name), file)
        }
    }

    private mutating func add(
        extension bytes: UnsafeRawBufferPointer, in scope: String, _ file: FileID
    ) throws(CodecError) {
        add(try DescriptorIndex.name(of: bytes, in: scope), file)
        var message = ""
        var number: Int32 = 0
        try DescriptorIndex.visit(bytes) { (field) throws(CodecError) in
            switch field.number {
            // The compiler writes full names, with a dot in front.
            case Field.Extension.extendee:
                message = String(try DescriptorIndex.text(field).dropFirst())
            case Field.Extension.number: number = Int32(truncatingIfNeeded: field.integer)
            default: break
            }
        }
        extensions[message, default: [:]][number] = file
    }

    private mutating func add(_ name: String, _ file: FileID) {
        symbols[name] = Symbol(file: file, isMessage: false)
    }

    /// The full name of something; its own is field 1 of every descriptor.
    private static func name(
        of bytes: UnsafeRawBufferPointer, in scope: String
    ) throws(CodecError) -> String {
        var name = ""
        try visit(bytes) { (field) throws(CodecError) in
            if field.number == Field.name { name = try text(field) }
        }
        return scope.isEmpty ? name : "\(scope).\(name)"
    }

    private static func text(_ field: WireField) throws(CodecError) -> String {
        guard let text = String(validating: field.bytes, as: UTF8.self) else { throw malformed }
        return text
    }

    private static func visit(
        _ bytes: UnsafeRawBufferPointer, _ body: (WireField) throws(CodecError) -> Void
    ) throws(CodecError) {
        var reader = WireReader(bytes)
        while let field = reader.next() { try body(field) }
        guard reader.isAtEnd else { throw malformed }
    }

    private static let malformed = CodecError.malformed(
        "the bytes are not a valid google.protobuf.FileDescriptorSet message")

    /// The fields of google/protobuf/descriptor.proto that name something.
    private enum Field {
        static let name: UInt32 = 1

        enum Set {
            static let file: UInt32 = 1
        }

        enum File {
            static let name: UInt32 = 1
            static let package: UInt32 = 2
            static let dependency: UInt32 = 3
            static let message: UInt32 = 4
            static let enumeration: UInt32 = 5
            static let service: UInt32 = 6
            static let `extension`: UInt32 = 7
        }

        enum Message {
            static let field: UInt32 = 2
            static let message: UInt32 = 3
            static let enumeration: UInt32 = 4
            static let `extension`: UInt32 = 6
            static let oneof: UInt32 = 8
        }

        enum Enumeration {
            static let value: UInt32 = 2
        }

        enum Service {
            static let method: UInt32 = 2
        }

        enum Extension {
            static let extendee: UInt32 = 2
            static let number: UInt32 = 3
        }
    }
}
