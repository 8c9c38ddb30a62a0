// Runs a list of operations on a native heap and writes out its records, for same-image.test.mjs.
//
//   same_image OPERATIONS OUT PLACE BEGIN IMAGE POLICY FLAGS INITIAL-PAGES MAXIMUM-PAGES
//
// OPERATIONS holds u32 quadruples {kind, slot, size, alignment}. OUT gets the whole memory (inside) or the
// memory of the records (outside). Blocks are never written to, so that nothing else differs from zero.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <allot/heap/heaps.hpp>
#include <allot/memory/buffer.hpp>

namespace {

using allot::u32;
using allot::u64;
using allot::u8;
using Memory = allot::BufferMemory;

struct Operation {
  u32 kind, slot, size, alignment;
};

template <class Heap>
void run(Heap& heap, const std::vector<Operation>& operations) {
  constexpr u32 none = ~0u;
  std::vector<u32> slots(65536, none);
  for (const Operation& operation : operations) {
    u32& slot = slots[operation.slot];
    if (operation.kind == 3) {
      (void)heap.grow(operation.size % 3);
    } else if (slot == none) {
      const auto block = operation.kind == 0   ? heap.allocate(operation.size)
                         : operation.kind == 1 ? heap.allocate_aligned(operation.alignment, operation.size)
                                               : heap.allocate_zeroed(1, operation.size);
      if (block) slot = block.value();
    } else if (operation.kind == 1) {
      const auto block = heap.reallocate(slot, operation.size);
      if (block) slot = block.value();
    } else {
      if (heap.deallocate(slot) != allot::Error::none) std::exit(3);
      slot = none;
    }
  }
  heap.merge();
  if (heap.validate()) std::exit(4);
}

template <class T>
std::vector<T> read_all(const char* name) {
  std::vector<T> items;
  std::FILE* file = std::fopen(name, "rb");
  if (!file) std::exit(2);
  T item;
  while (std::fread(&item, sizeof item, 1, file) == 1) items.push_back(item);
  std::fclose(file);
  return items;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 10) return 2;
  const auto number = [&](int index) { return std::strtoull(arguments[index], nullptr, 10); };
  const auto operations = read_all<Operation>(arguments[1]);
  const u64 initial = number(8) * allot::page_bytes;
  const u64 maximum = number(9) * allot::page_bytes;
  std::vector<u8> bytes(maximum);
  std::vector<u8> record_bytes(maximum);
  Memory memory(bytes.data(), initial, maximum);
  Memory records(record_bytes.data(), initial, maximum);
  allot::Options options;
  options.begin = number(4);
  options.policy = static_cast<allot::Policy>(number(6));
  options.record_sizes = (number(7) & 1) != 0;

  const bool inside = std::string(arguments[3]) == "inside";
  if (inside) {
    auto heap = allot::InsideHeap<Memory>::create(memory, options);
    if (!heap) return 3;
    run(heap.value(), operations);
  } else {
    auto heap = allot::OutsideHeap<Memory, Memory>::create(memory, records, options, number(5));
    if (!heap) return 3;
    run(heap.value(), operations);
  }
  std::FILE* out = std::fopen(arguments[2], "wb");
  if (!out) return 2;
  Memory& written = inside ? memory : records;
  const bool whole = std::fwrite(written.base(), 1, written.bytes(), out) == written.bytes();
  return std::fclose(out) == 0 && whole ? 0 : 2;
}
