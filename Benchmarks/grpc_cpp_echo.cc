// Answers each unary call with the first bytes of its request, by gRPC's own C++ library: the asynchronous server with
// one completion queue and one thread, which is its fastest on one core. A message is its bytes, as it is for the other
// servers, so no protobuf is decoded.
//
// usage: grpc_cpp_echo port

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

namespace {

constexpr size_t kAnswerBytes = 16;

// One call: waits to be accepted, reads, answers, ends.
class Call {
 public:
  Call(grpc::AsyncGenericService* service, grpc::ServerCompletionQueue* queue)
      : service_(service), queue_(queue), stream_(&context_) {
    service_->RequestCall(&context_, &stream_, queue_, queue_, this);
  }

  // What was asked for last is done.
  void Proceed(bool ok) {
    switch (step_) {
      case Step::kAccept:
        if (!ok) return End();
        // The next call needs somebody who waits for it.
        new Call(service_, queue_);
        step_ = Step::kRead;
        return stream_.Read(&request_, this);
      case Step::kRead:
        step_ = Step::kAnswer;
        if (!ok) return stream_.Finish(grpc::Status(grpc::INVALID_ARGUMENT, "no message"), this);
        return stream_.WriteAndFinish(Answer(), grpc::WriteOptions(), grpc::Status::OK, this);
      case Step::kAnswer:
        return End();
    }
  }

 private:
  enum class Step { kAccept, kRead, kAnswer };

  grpc::ByteBuffer Answer() {
    grpc::Slice whole;
    if (!request_.TrySingleSlice(&whole).ok()) request_.DumpToSingleSlice(&whole);
    const grpc::Slice answer(whole.begin(), std::min(kAnswerBytes, whole.size()));
    return grpc::ByteBuffer(&answer, 1);
  }

  void End() { delete this; }

  grpc::AsyncGenericService* const service_;
  grpc::ServerCompletionQueue* const queue_;
  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter stream_;
  grpc::ByteBuffer request_;
  Step step_ = Step::kAccept;
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: %s port\n", arguments[0]);
    return 64;
  }
  grpc::AsyncGenericService service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(std::string("127.0.0.1:") + arguments[1],
                           grpc::InsecureServerCredentials());
  builder.RegisterAsyncGenericService(&service);
  const std::unique_ptr<grpc::ServerCompletionQueue> queue = builder.AddCompletionQueue();
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (!server) return 1;
  // As many waiting as calls may come at once.
  for (int waiting = 0; waiting < 1000; ++waiting) new Call(&service, queue.get());
  void* tag = nullptr;
  bool ok = false;
  while (queue->Next(&tag, &ok)) static_cast<Call*>(tag)->Proceed(ok);
}
