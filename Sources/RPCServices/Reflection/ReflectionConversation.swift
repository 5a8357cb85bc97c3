import AuditRPC
import Codec

/// One stream of questions to server reflection, and their answers.
///
/// A file that a client has got as something that another one needs is not sent again for the same
/// reason; a file that it asks for always is.
struct ReflectionConversation {
    private let descriptors: DescriptorIndex
    private let services: [String]
    private var sent: Set<DescriptorIndex.FileID> = []

    init(descriptors: DescriptorIndex, services: [String]) {
        self.descriptors = descriptors
        self.services = services
    }

    mutating func answer(_ request: ReflectionRequest) -> ReflectionResponse {
        ReflectionResponse(to: request, answer(request.question))
    }

    private mutating func answer(_ question: ReflectionRequest.Question?)
        -> ReflectionResponse.Answer
    {
        switch question {
        case .fileNamed(let name):
            files(descriptors.file(named: name), else: "there is no file \(name)")
        case .fileDeclaring(let symbol):
            files(descriptors.file(declaring: symbol), else: "no file declares \(symbol)")
        case .fileExtending(let type, let number):
            files(
                descriptors.file(extending: type, number: number),
                else: "no file extends \(type) with field \(number)")
        case .extensionNumbers(let type):
            descriptors.extensionNumbers(of: type).map { .extensionNumbers(of: type, $0) }
                ?? Self.failure(.notFound, "there is no message \(type)")
        case .services:
            .services(services)
        case nil:
            Self.failure(.invalidArgument, "the request asks nothing that this server knows")
        }
    }

    private mutating func files(
        _ file: DescriptorIndex.FileID?, else reason: @autoclosure () -> String
    ) -> ReflectionResponse.Answer {
        guard let file else { return Self.failure(.notFound, reason()) }
        let wanted = descriptors.closure(of: file).filter { $0 == file || !sent.contains($0) }
        sent.formUnion(wanted)
        return .files(wanted.map { descriptors.files[$0].bytes })
    }

    private static func failure(
        _ code: RPCStatus.Code, _ message: String
    ) -> ReflectionResponse.Answer {
        .failure(code: Int32(code.rawValue), message: message)
    }
}
