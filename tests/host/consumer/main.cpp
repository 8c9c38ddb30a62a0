#include <allot/host.hpp>
#include <allot/host/files/snapshot.hpp>

#include <cstdio>

int other();

int main() {
  allot::ReservedMemory memory(65536, 1 << 24);
  auto heap = allot::Heap::create(memory, {.begin = 0}).value();
  const allot::Ref<std::int32_t> counter = heap.make<std::int32_t>(42).value();
  const auto name = heap.make_string<allot::utf8>("h\xc3\xa9llo").value();
  std::printf("%d %s %d\n", counter.get(), name.read().value().c_str(), other());
  return heap.validate().value() ? 1 : 0;
}
