// The host and a guest in V8; and a shared memory in which JavaScript's side of the heap would run.
#include "guest_checks.hpp"

#include <allot/host/memories/v8.hpp>

#include <libplatform/libplatform.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <thread>

namespace allot_test {
namespace {

class V8 : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    static const std::unique_ptr<v8::Platform> platform = v8::platform::NewDefaultPlatform();
    v8::V8::InitializePlatform(platform.get());
    v8::V8::Initialize();
  }

  // Runs `test` in an isolate of its own, with what `source` gives.
  template <class Test>
  void with(const char* source, Test test) {
    v8::Isolate::CreateParams parameters;
    const std::unique_ptr<v8::ArrayBuffer::Allocator> allocator(
        v8::ArrayBuffer::Allocator::NewDefaultAllocator());
    parameters.array_buffer_allocator = allocator.get();
    v8::Isolate* const isolate = v8::Isolate::New(parameters);
    {
      const v8::Isolate::Scope isolate_scope(isolate);
      const v8::HandleScope handles(isolate);
      const auto context = v8::Context::New(isolate);
      const v8::Context::Scope context_scope(context);
      std::ifstream file(ALLOT_GUEST, std::ios::binary);
      const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
      const auto buffer = v8::ArrayBuffer::New(isolate, bytes.size());
      std::memcpy(buffer->GetBackingStore()->Data(), bytes.data(), bytes.size());
      context->Global()->Set(context, text(isolate, "bytes"), buffer).Check();
      const auto script = v8::Script::Compile(context, text(isolate, source)).ToLocalChecked();
      test(isolate, context, script->Run(context).ToLocalChecked().As<v8::Object>());
    }
    isolate->Dispose();
  }
  static v8::Local<v8::String> text(v8::Isolate* isolate, const char* text) {
    return v8::String::NewFromUtf8(isolate, text).ToLocalChecked();
  }
};

TEST_F(V8, HostAndGuestShareTheGuestsHeap) {
  with("new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports", [](v8::Isolate* isolate,
                                                                             v8::Local<v8::Context> context,
                                                                             v8::Local<v8::Object> exports) {
    const auto memory =
        exports->Get(context, text(isolate, "memory")).ToLocalChecked().As<v8::WasmMemoryObject>();
    const Call call = [&](const char* name, const std::vector<std::uint64_t>& arguments) -> std::uint64_t {
      const v8::HandleScope handles(isolate);
      const auto function = exports->Get(context, text(isolate, name)).ToLocalChecked().As<v8::Function>();
      std::vector<v8::Local<v8::Value>> values;
      for (std::size_t i = 0; i < arguments.size(); ++i) {
             // The one parameter of 64 bits.
        if (std::string_view(name) == "push" && i == 1)
          values.push_back(v8::BigInt::NewFromUnsigned(isolate, arguments[i]));
        else
          values.push_back(v8::Number::New(isolate, static_cast<double>(arguments[i])));
      }
      const auto result =
          function->Call(context, exports, static_cast<int>(values.size()), values.data()).ToLocalChecked();
      return result->IsUndefined() ? 0 : result->Uint32Value(context).FromJust();
    };
    expect_one_heap<allot::V8Memory>([&] { return allot::v8_memory(isolate, memory); }, call);
  });
}

TEST_F(V8, AHeapInASharedMemoryIsForSeveralAgents) {
  with("new WebAssembly.Memory({initial: 2, maximum: 64, shared: true})",
       [](v8::Isolate* isolate, v8::Local<v8::Context>, v8::Local<v8::Object> object) {
         const auto memory = [&] {
           return allot::V8SharedMemory(isolate, object.As<v8::WasmMemoryObject>());
         };
         EXPECT_EQ(memory().grow_from(1), 2 * 65536U);
         EXPECT_EQ(memory().grow_from(62), ~allot::u64{0});
         allot::Heap first = allot::Heap::create(memory()).value();
         allot::Heap second = allot::Heap::attach(memory()).value();
         EXPECT_EQ(first.agent().value(), 0U);
         EXPECT_EQ(second.agent().value(), 1U);
         const allot::u64 block = first.allocate(20 * 65536).value();
         EXPECT_EQ(second.deallocate(block), allot::Error::none);
         EXPECT_EQ(first.deallocate(block), allot::Error::double_free);
         const allot::u64 lock = first.image().value() + offsetof(allot::Header, lock);
         const auto word = first.at<allot::u32>(lock).value().atomic().value();
         // Somebody holds it for a while.
         word.store(3);
         std::thread other([&word] {
           std::this_thread::sleep_for(std::chrono::milliseconds(50));
           word.store(0);
         });
         EXPECT_TRUE(second.allocate(10 * 65536));
         other.join();
         EXPECT_EQ(word.load(), 0U);
         EXPECT_FALSE(first.validate().value());
         // A guest's nonsense is no lock.
         word.store(77);
         EXPECT_EQ(first.grow(1), allot::Error::corrupt_image);
         word.store(0);
       });
}

}  // namespace
}  // namespace allot_test
