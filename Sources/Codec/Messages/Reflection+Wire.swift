import CAuditProto
import CProtobufC

// What protoc-c calls GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_LIST_SERVICES and so on: the
// cases of a oneof have the numbers of their fields.

extension Grpc__Reflection__V1__ServerReflectionRequest__MessageRequestCase {
    fileprivate static let file = Self(3)
    fileprivate static let symbol = Self(4)
    fileprivate static let `extension` = Self(5)
    fileprivate static let extensionNumbers = Self(6)
    fileprivate static let services = Self(7)
}

extension Grpc__Reflection__V1__ServerReflectionResponse__MessageResponseCase {
    fileprivate static let files = Self(4)
    fileprivate static let extensionNumbers = Self(5)
    fileprivate static let services = Self(6)
    fileprivate static let failure = Self(7)
}

extension ReflectionRequest: CodedMessage {
    static var wireName: StaticString { "grpc.reflection.v1.ServerReflectionRequest" }

    init(_ message: Grpc__Reflection__V1__ServerReflectionRequest, _ check: inout FieldCheck) {
        host = check.string(message.host, "host")
        switch message.message_request_case {
        case .file:
            question = .fileNamed(check.string(message.file_by_filename, "file_by_filename"))
        case .symbol:
            question = .fileDeclaring(
                check.string(message.file_containing_symbol, "file_containing_symbol"))
        case .extension:
            guard let asked = message.file_containing_extension?.pointee else { return }
            check.enter("file_containing_extension")
            question = .fileExtending(
                type: check.string(asked.containing_type, "containing_type"),
                number: asked.extension_number)
            check.leave()
        case .extensionNumbers:
            question = .extensionNumbers(
                of: check.string(
                    message.all_extension_numbers_of_type, "all_extension_numbers_of_type"))
        case .services:
            question = .services(check.string(message.list_services, "list_services"))
        default:
            break
        }
    }

    func write(
        to message: inout Grpc__Reflection__V1__ServerReflectionRequest, in arena: borrowing Arena
    ) {
        message.host = arena.copy(host)
        switch question {
        case .fileNamed(let name):
            message.message_request_case = .file
            message.file_by_filename = arena.copy(name)
        case .fileDeclaring(let symbol):
            message.message_request_case = .symbol
            message.file_containing_symbol = arena.copy(symbol)
        case .fileExtending(let type, let number):
            let asked = arena.make(Grpc__Reflection__V1__ExtensionRequest.self)
            asked.pointee.containing_type = arena.copy(type)
            asked.pointee.extension_number = number
            message.message_request_case = .extension
            message.file_containing_extension = asked
        case .extensionNumbers(let type):
            message.message_request_case = .extensionNumbers
            message.all_extension_numbers_of_type = arena.copy(type)
        case .services(let text):
            message.message_request_case = .services
            message.list_services = arena.copy(text)
        case nil:
            break
        }
    }
}

extension ReflectionResponse: CodedMessage {
    static var wireName: StaticString { "grpc.reflection.v1.ServerReflectionResponse" }

    init(_ message: Grpc__Reflection__V1__ServerReflectionResponse, _ check: inout FieldCheck) {
        request =
            check.optional(ReflectionRequest.self, "original_request", message.original_request)
            ?? ReflectionRequest(nil)
        switch message.message_response_case {
        case .files:
            guard let found = message.file_descriptor_response?.pointee else { return }
            answer = .files(
                (0..<found.n_file_descriptor_proto).map {
                    Array(found.file_descriptor_proto[$0].buffer)
                })
        case .extensionNumbers:
            guard let found = message.all_extension_numbers_response?.pointee else { return }
            answer = .extensionNumbers(
                of: check.string(found.base_type_name, "base_type_name"),
                (0..<found.n_extension_number).map { found.extension_number[$0] })
        case .services:
            guard let found = message.list_services_response?.pointee else { return }
            answer = .services(
                check.list(ListedService.self, "service", found.n_service, found.service)
                    .map(\.name))
        case .failure:
            guard let found = message.error_response?.pointee else { return }
            answer = .failure(
                code: found.error_code, message: check.string(found.error_message, "error_message"))
        default:
            break
        }
    }

    func write(
        to message: inout Grpc__Reflection__V1__ServerReflectionResponse, in arena: borrowing Arena
    ) {
        message.valid_host = arena.copy(request.host)
        message.original_request = arena.message(request)
        switch answer {
        case .files(let files):
            let found = arena.make(Grpc__Reflection__V1__FileDescriptorResponse.self)
            found.pointee.n_file_descriptor_proto = files.count
            found.pointee.file_descriptor_proto = arena.array(files) { arena.copy($0) }
            message.message_response_case = .files
            message.file_descriptor_response = found
        case .extensionNumbers(let type, let numbers):
            let found = arena.make(Grpc__Reflection__V1__ExtensionNumberResponse.self)
            found.pointee.base_type_name = arena.copy(type)
            found.pointee.n_extension_number = numbers.count
            found.pointee.extension_number = arena.array(numbers) { $0 }
            message.message_response_case = .extensionNumbers
            message.all_extension_numbers_response = found
        case .services(let names):
            let found = arena.make(Grpc__Reflection__V1__ListServiceResponse.self)
            found.pointee.n_service = names.count
            found.pointee.service = arena.messages(names.map(ListedService.init))
            message.message_response_case = .services
            message.list_services_response = found
        case .failure(let code, let text):
            let found = arena.make(Grpc__Reflection__V1__ErrorResponse.self)
            found.pointee.error_code = code
            found.pointee.error_message = arena.copy(text)
            message.message_response_case = .failure
            message.error_response = found
        case nil:
            break
        }
    }
}

private struct ListedService: CodedValue {
    var name: String

    init(_ name: String) { self.name = name }

    init(_ message: Grpc__Reflection__V1__ServiceResponse, _ check: inout FieldCheck) {
        name = check.string(message.name, "name")
    }

    func write(
        to message: inout Grpc__Reflection__V1__ServiceResponse, in arena: borrowing Arena
    ) {
        message.name = arena.copy(name)
    }
}
