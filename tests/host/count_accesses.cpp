// Reads and writes one number of a guest a million times: raw, as a program does that trusts everything, or
// through a reference. instructions.cmake counts the instructions of each.
#include <allot/host.hpp>

#include <cstdio>
#include <cstring>
#include <string_view>

// Compiled as it stands: no caller's knowledge goes into it.
#ifdef __clang__
#define ALLOT_ALONE [[gnu::noinline]]
#else
#define ALLOT_ALONE [[gnu::noipa]]
#endif

namespace {

// What the raw access must know: where the engine keeps the memory's base, and the address.
struct Raw {
  allot::u8** base;
  allot::u64 at;
};

ALLOT_ALONE std::int32_t read_raw(const Raw& raw) {
  std::int32_t value;
  std::memcpy(&value, *raw.base + raw.at, sizeof value);
  return value;
}
ALLOT_ALONE void write_raw(const Raw& raw, std::int32_t value) {
  std::memcpy(*raw.base + raw.at, &value, sizeof value);
}
ALLOT_ALONE std::int32_t read_ref(const allot::Ref<std::int32_t>& ref) { return ref.read().value(); }
ALLOT_ALONE void write_ref(const allot::Ref<std::int32_t>& ref, std::int32_t value) {
  (void)ref.write(value);
}

// The guest may have run: nothing is kept from one access to the next.
void guest_runs() { asm volatile("" ::: "memory"); }

template <class Access>
void repeat(Access access) {
  for (std::int32_t i = 0; i < 1000000; ++i) {
    access(i);
    guest_runs();
  }
}

}  // namespace

int main(int, char** arguments) {
  allot::ReservedMemory memory(65536, 1 << 20);
  auto heap = allot::Heap::create(memory).value();
  const auto ref = heap.make<std::int32_t>(0).value();
  allot::u8* base = memory.base();
  const Raw raw{&base, ref.address()};
  std::int32_t sum = 0;
  const std::string_view what = arguments[1];
  if (what == "read_raw") repeat([&](std::int32_t) { sum += read_raw(raw); });
  if (what == "read_ref") repeat([&](std::int32_t) { sum += read_ref(ref); });
  if (what == "write_raw") repeat([&](std::int32_t i) { write_raw(raw, i); });
  if (what == "write_ref") repeat([&](std::int32_t i) { write_ref(ref, i); });
  std::printf("%d\n", sum);
}
