// Purpose: the linear memory of a guest in V8, plain or shared.
// Floor:   door host.
// Assumes: V8 10.2 or newer. Use it, and heaps over it, in the isolate's thread with a HandleScope and a
//          context entered.
//
// V8 has no call that grows a memory from C++: this goes through the object's own `grow`, found once, so that
// a page's script cannot put another one in its place later. Growing a memory that is not shared detaches its
// ArrayBuffer.
#pragma once

#include <allot/memory/concept.hpp>

#include <v8.h>

namespace allot {

class V8Memory {
 public:
  /// `memory` is kept alive.
  V8Memory(v8::Isolate* isolate, v8::Local<v8::WasmMemoryObject> memory)
      : isolate_(isolate), memory_(isolate, memory) {
    const auto context = isolate->GetCurrentContext();
    v8::Local<v8::Value> grow;
    const auto name = v8::String::NewFromUtf8Literal(isolate, "grow");
    if (memory->Get(context, name).ToLocal(&grow) && grow->IsFunction())
      grow_.Reset(isolate, grow.As<v8::Function>());
  }

  u8* base() {
    const v8::HandleScope scope(isolate_);
    return static_cast<u8*>(store()->Data());
  }
  u64 bytes() {
    const v8::HandleScope scope(isolate_);
    return store()->ByteLength();
  }
  bool grow(u64 pages) { return grow_from(pages) != ~u64{0}; }
  /// The bytes that it had before, or ~0 when the engine refuses.
  u64 grow_from(u64 pages) {
    if (pages > 0xFFFFFFFFu || grow_.IsEmpty()) return ~u64{0};
    const v8::HandleScope scope(isolate_);
    // A refusal is a RangeError, which ends here.
    const v8::TryCatch refusal(isolate_);
    v8::Local<v8::Value> count = v8::Number::New(isolate_, static_cast<double>(pages));
    v8::Local<v8::Value> before;
    if (!grow_.Get(isolate_)
             ->Call(isolate_->GetCurrentContext(), memory_.Get(isolate_), 1, &count)
             .ToLocal(&before) ||
        !before->IsUint32())
      return ~u64{0};
    return u64{before.As<v8::Uint32>()->Value()} << page_shift;
  }

 private:
  std::shared_ptr<v8::BackingStore> store() { return memory_.Get(isolate_)->Buffer()->GetBackingStore(); }

  v8::Isolate* isolate_;
  v8::Global<v8::WasmMemoryObject> memory_;
  v8::Global<v8::Function> grow_;
};
static_assert(LinearMemory<V8Memory>);

/// A memory made with {shared: true}: it never moves, and heaps in it are for several agents. Each isolate has an
/// adapter, and a heap, of its own.
class V8SharedMemory : public V8Memory {
 public:
  static constexpr bool base_is_fixed = true;
  static constexpr bool is_shared = true;
  using V8Memory::V8Memory;
};

inline V8Memory v8_memory(v8::Isolate* isolate, v8::Local<v8::WasmMemoryObject> memory) {
  return {isolate, memory};
}

}  // namespace allot
