/// `grpc.reflection.v1.ServerReflectionRequest`, which `v1alpha` has byte for byte.
public struct ReflectionRequest: Hashable, Sendable {
    public enum Question: Hashable, Sendable {
        case fileNamed(String)
        /// The file that declares a symbol, by its full name: `package.Service.Method`.
        case fileDeclaring(String)
        /// The file that extends a message with a field of that number.
        case fileExtending(type: String, number: Int32)
        /// The numbers of all fields that extend a message.
        case extensionNumbers(of: String)
        /// The names of all services; the text means nothing.
        case services(String)
    }

    public var host: String
    /// Nil when none was set, or one that this version does not know.
    public var question: Question?

    public init(host: String = "", _ question: Question?) {
        self.host = host
        self.question = question
    }
}

/// `grpc.reflection.v1.ServerReflectionResponse`, likewise.
public struct ReflectionResponse: Hashable, Sendable {
    public enum Answer: Hashable, Sendable {
        /// Encoded `google.protobuf.FileDescriptorProto`s: the file itself, then those that it needs.
        case files([[UInt8]])
        case extensionNumbers(of: String, [Int32])
        case services([String])
        /// A status code of gRPC; the call itself goes on.
        case failure(code: Int32, message: String)
    }

    public var request: ReflectionRequest
    /// Nil when none was set, or one that this version does not know.
    public var answer: Answer?

    public init(to request: ReflectionRequest, _ answer: Answer?) {
        self.request = request
        self.answer = answer
    }
}
