// The host and a guest in SpiderMonkey; and a shared memory.
#include "guest_checks.hpp"

#include <allot/host/memories/spidermonkey.hpp>

#include <js/ArrayBuffer.h>
#include <js/BigInt.h>
#include <js/CompilationAndEvaluation.h>
#include <js/ContextOptions.h>
#include <js/Conversions.h>
#include <js/Initialization.h>
#include <js/SourceText.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <string_view>

namespace allot_test {
namespace {

class SpiderMonkey : public testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(JS_Init()); }
  static void TearDownTestSuite() { JS_ShutDown(); }

  // Runs `test` in a context of its own, with what `source` gives.
  template <class Test>
  void with(const char* source, Test test) {
    JSContext* const context = JS_NewContext(64u << 20);
    ASSERT_TRUE(context != nullptr && JS::InitSelfHostedCode(context));
    JS::ContextOptionsRef(context).setWasm(true);
    {
      static const JSClass global_class = {
          "global", JSCLASS_GLOBAL_FLAGS, &JS::DefaultGlobalClassOps, nullptr, nullptr, nullptr};
      JS::RealmOptions options;
      options.creationOptions().setSharedMemoryAndAtomicsEnabled(true);
      JS::RootedObject global(
          context, JS_NewGlobalObject(context, &global_class, nullptr, JS::FireOnNewGlobalHook, options));
      ASSERT_TRUE(global);
      const JSAutoRealm realm(context, global);
      std::ifstream file(ALLOT_GUEST, std::ios::binary);
      const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
      JS::RootedObject buffer(context, JS::NewArrayBuffer(context, bytes.size()));
      {
        const JS::AutoCheckCannotGC nothing_moves;
        bool is_shared = false;
        std::memcpy(JS::GetArrayBufferData(buffer, &is_shared, nothing_moves), bytes.data(), bytes.size());
      }
      JS::RootedValue value(context, JS::ObjectValue(*buffer));
      ASSERT_TRUE(JS_SetProperty(context, global, "bytes", value));
      JS::SourceText<mozilla::Utf8Unit> text;
      ASSERT_TRUE(text.init(context, source, std::strlen(source), JS::SourceOwnership::Borrowed));
      JS::RootedValue result(context);
      ASSERT_TRUE(JS::Evaluate(context, JS::CompileOptions(context), text, &result));
      JS::RootedObject object(context, &result.toObject());
      test(context, object);
    }
    JS_DestroyContext(context);
  }
};

TEST_F(SpiderMonkey, HostAndGuestShareTheGuestsHeap) {
  with("new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports", [](JSContext* context,
                                                                             JS::HandleObject exports) {
    JS::RootedValue memory(context);
    ASSERT_TRUE(JS_GetProperty(context, exports, "memory", &memory));
    JS::RootedObject object(context, &memory.toObject());
    const Call call = [&](const char* name, const std::vector<std::uint64_t>& arguments) -> std::uint64_t {
      JS::RootedValueVector values(context);
      for (std::size_t i = 0; i < arguments.size(); ++i) {
             // The one parameter of 64 bits.
        const bool is_wide = std::string_view(name) == "push" && i == 1;
        EXPECT_TRUE(values.append(is_wide ? JS::BigIntValue(JS::NumberToBigInt(context, arguments[i]))
                                          : JS::NumberValue(static_cast<double>(arguments[i]))));
      }
      JS::RootedValue result(context);
      EXPECT_TRUE(JS_CallFunctionName(context, exports, name, values, &result)) << name;
      std::uint32_t number = 0;
      return result.isUndefined() || !JS::ToUint32(context, result, &number) ? 0 : number;
    };
    expect_one_heap<allot::SpiderMonkeyMemory>([&] { return allot::spidermonkey_memory(context, object); },
                                               call);
  });
}

TEST_F(SpiderMonkey, AScriptCannotPutAnotherMemoryInItsPlace) {
  with("globalThis.memory = new WebAssembly.Memory({initial: 2, maximum: 9})", [](JSContext* context,
                                                                                  JS::HandleObject object) {
    allot::SpiderMonkeyMemory memory(context, object);
    const char source[] =
        "Object.defineProperty(WebAssembly.Memory.prototype, 'buffer', {get: () => new ArrayBuffer(8)});"
        "Object.defineProperty(memory, 'buffer', {value: 7}); WebAssembly.Memory.prototype.grow = () => 0; 0";
    JS::SourceText<mozilla::Utf8Unit> text;
    JS::RootedValue result(context);
    ASSERT_TRUE(text.init(context, source, std::strlen(source), JS::SourceOwnership::Borrowed));
    ASSERT_TRUE(JS::Evaluate(context, JS::CompileOptions(context), text, &result));
    EXPECT_EQ(memory.bytes(), 2 * 65536U);
    EXPECT_TRUE(memory.grow(7));
    EXPECT_EQ(memory.bytes(), 9 * 65536U);
         // What the engine refuses leaves no exception behind.
    EXPECT_FALSE(memory.grow(1));
    EXPECT_FALSE(JS_IsExceptionPending(context));
  });
}

TEST_F(SpiderMonkey, AHeapInASharedMemory) {
  with("new WebAssembly.Memory({initial: 2, maximum: 64, shared: true})",
       [](JSContext* context, JS::HandleObject object) {
         EXPECT_EQ(allot::SpiderMonkeySharedMemory(context, object).grow_from(1), 2 * 65536U);
         EXPECT_EQ(allot::SpiderMonkeySharedMemory(context, object).grow_from(62), ~allot::u64{0});
         allot::Heap heap = allot::Heap::create(allot::SpiderMonkeySharedMemory(context, object)).value();
         EXPECT_TRUE(heap.base_is_fixed());
         allot::Heap other = allot::Heap::attach(allot::SpiderMonkeySharedMemory(context, object)).value();
         EXPECT_EQ(other.agent().value(), 1U);
         EXPECT_EQ(other.deallocate(heap.allocate(1000).value()), allot::Error::none);
         const auto text = heap.make_string("shared").value();
         EXPECT_TRUE(heap.allocate(20 * 65536));
         EXPECT_EQ(text.read().value(), "shared");
         EXPECT_FALSE(heap.validate().value());
         EXPECT_EQ(heap.allocate(64 * 65536).error(), allot::Error::out_of_memory);
       });
}

// What is no memory has nothing that could be read.
TEST_F(SpiderMonkey, AnObjectThatIsNoMemory) {
  with("({buffer: new ArrayBuffer(65536), grow: () => 1})", [](JSContext* context, JS::HandleObject object) {
    EXPECT_EQ(allot::SpiderMonkeyMemory(context, object).bytes(), 0U);
    EXPECT_FALSE(allot::Heap::create(allot::spidermonkey_memory(context, object)));
  });
}

}  // namespace
}  // namespace allot_test
