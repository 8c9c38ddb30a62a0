// Purpose: the linear memory of a guest in SpiderMonkey, plain or shared.
// Floor:   door host.
// Assumes: SpiderMonkey 102 or newer. Use it, and heaps over it, in the context's thread, between requests. All of it
//          goes before the context does.
//
// SpiderMonkey has no call for WebAssembly's memories: this goes through the object's own `grow` and `buffer`, found
// once, so that a script cannot put others in their place later. Growing a memory that is not shared detaches its
// ArrayBuffer.
#pragma once

#include <allot/memory/concept.hpp>

#include <js/ArrayBufferMaybeShared.h>
#include <js/Exception.h>
#include <js/PropertyDescriptor.h>
#include <js/RootingAPI.h>
#include <jsapi.h>

namespace allot {

class SpiderMonkeyMemory {
 public:
  /// `memory`, a WebAssembly.Memory, is kept alive. What is no such object has not a byte.
  SpiderMonkeyMemory(JSContext* context, JS::HandleObject memory)
      : context_(context), memory_(context, memory), grow_(context), buffer_(context) {
    const JSAutoRealm realm(context_, memory_);
    const JS::AutoSaveExceptionState kept(context_);
    JS::RootedObject prototype(context_);
    JS::Rooted<mozilla::Maybe<JS::PropertyDescriptor>> found(context_);
    if (went_well(JS_GetPrototype(context_, memory_, &prototype)) && prototype &&
        went_well(JS_GetOwnPropertyDescriptor(context_, prototype, "buffer", &found)) && found.isSome() &&
        found->hasGetter() && found->getter())
      buffer_.setObject(*found->getter());
    JS::RootedValue grow(context_);
    if (went_well(JS_GetProperty(context_, memory_, "grow", &grow))) grow_ = grow;
  }

  u8* base() { return bytes_of().data; }
  u64 bytes() { return bytes_of().length; }
  bool grow(u64 pages) { return grow_from(pages) != ~u64{0}; }
  /// The bytes that it had before, or ~0 when the engine refuses.
  u64 grow_from(u64 pages) {
    if (pages > 0xFFFFFFFFu) return ~u64{0};
    const JSAutoRealm realm(context_, memory_);
    const JS::AutoSaveExceptionState kept(context_);
    JS::RootedValue count(context_, JS::NumberValue(static_cast<double>(pages)));
    JS::RootedValue before(context_);
    if (!went_well(JS_CallFunctionValue(context_, memory_, grow_, JS::HandleValueArray(count), &before)) ||
        !before.isInt32() || before.toInt32() < 0)
      return ~u64{0};
    return static_cast<u64>(before.toInt32()) << page_shift;
  }

 private:
  struct Bytes {
    u8* data = nullptr;
    u64 length = 0;
  };
  // What was thrown, a RangeError when the engine refuses to grow, ends here; what was thrown before stays.
  bool went_well(bool result) {
    if (!result) JS_ClearPendingException(context_);
    return result;
  }
  Bytes bytes_of() {
    const JSAutoRealm realm(context_, memory_);
    const JS::AutoSaveExceptionState kept(context_);
    JS::RootedValue buffer(context_);
    if (!buffer_.isObject() ||
        !went_well(
            JS_CallFunctionValue(context_, memory_, buffer_, JS::HandleValueArray::empty(), &buffer)) ||
        !buffer.isObject() || !JS::IsArrayBufferObjectMaybeShared(&buffer.toObject()))
      return {};
    bool is_shared = false;
    std::size_t length = 0;
    std::uint8_t* data = nullptr;
    JS::GetArrayBufferMaybeSharedLengthAndData(&buffer.toObject(), &length, &is_shared, &data);
    return {data, length};
  }

  JSContext* context_;
  JS::PersistentRootedObject memory_;
  JS::PersistentRootedValue grow_;
  JS::PersistentRootedValue buffer_;
};
static_assert(LinearMemory<SpiderMonkeyMemory>);

/// A memory made with {shared: true}: it never moves, and heaps in it are for several agents. Each context has an
/// adapter, and a heap, of its own.
class SpiderMonkeySharedMemory : public SpiderMonkeyMemory {
 public:
  static constexpr bool base_is_fixed = true;
  static constexpr bool is_shared = true;
  using SpiderMonkeyMemory::SpiderMonkeyMemory;
};

inline SpiderMonkeyMemory spidermonkey_memory(JSContext* context, JS::HandleObject memory) {
  return {context, memory};
}

}  // namespace allot
