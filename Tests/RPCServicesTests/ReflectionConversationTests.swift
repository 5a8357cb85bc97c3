import Codec
import Testing

@testable import RPCServices

@Suite("A conversation with server reflection")
struct ReflectionConversationTests {
    @Test("repeats the question, and names the services that it was told")
    func services() {
        var conversation = makeConversation()
        let request = ReflectionRequest(host: "here", .services("anything"))
        let response = conversation.answer(request)
        #expect(response.request == request)
        #expect(response.answer == .services(["a.Service", "b.Service"]))
    }

    @Test("gives a file with what it needs, and that only once")
    func files() throws {
        var conversation = makeConversation()
        let event = "auditrpc/v1/event.proto"
        let filter = "auditrpc/v1/filter.proto"
        let timestamp = "google/protobuf/timestamp.proto"
        #expect(try conversation.names(.fileDeclaring("auditrpc.v1.Event")) == [event, timestamp])
        #expect(try conversation.names(.fileNamed(filter)) == [filter], "the rest is known")
        #expect(try conversation.names(.fileNamed(event)) == [event], "it was asked for")
    }

    @Test("says what there is not, and goes on")
    func failures() {
        var conversation = makeConversation()
        let questions: [ReflectionRequest.Question] = [
            .fileNamed("no.proto"), .fileDeclaring("no.Symbol"),
            .fileExtending(type: "auditrpc.v1.Event", number: 100),
            .extensionNumbers(of: "no.Message"),
        ]
        for question in questions {
            guard case .failure(let code, let text) = conversation.ask(question) else {
                Issue.record("\(question) was answered")
                continue
            }
            #expect(code == 5 && text.contains("no "), "\(question): \(text)")
        }
        guard case .failure(let code, _) = conversation.ask(nil) else {
            Issue.record("no question was answered")
            return
        }
        #expect(code == 3)
        #expect(
            conversation.ask(.extensionNumbers(of: "auditrpc.v1.Event"))
                == .extensionNumbers(of: "auditrpc.v1.Event", []))
    }

    private func makeConversation() -> ReflectionConversation {
        ReflectionConversation(descriptors: .contract, services: ["a.Service", "b.Service"])
    }
}

extension ReflectionConversation {
    fileprivate mutating func ask(
        _ question: ReflectionRequest.Question?
    ) -> ReflectionResponse.Answer? {
        answer(ReflectionRequest(question)).answer
    }

    /// The names of the files of an answer, in its order.
    fileprivate mutating func names(_ question: ReflectionRequest.Question) throws -> [String] {
        guard case .files(let files) = ask(question) else {
            Issue.record("\(question) has no file")
            return []
        }
        return try files.map { file in
            let known = DescriptorIndex.contract.files.first { $0.bytes == file }
            return try #require(known).name
        }
    }
}
