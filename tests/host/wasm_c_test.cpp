// The adapter for the standard C API, compiled against its header, over a small implementation of what it
// calls. No package here has an engine with this API.
#include <gtest/gtest.h>

#include <allot/host.hpp>
#include <allot/host/memories/wasm_c.hpp>

#include <cstdlib>
#include <cstring>

// The engine: memories that move each time they grow.
struct wasm_memory_t {
  byte_t* data;
  wasm_memory_pages_t pages;
  wasm_memory_pages_t maximum;
};
extern "C" {
byte_t* wasm_memory_data(wasm_memory_t* memory) { return memory->data; }
size_t wasm_memory_data_size(const wasm_memory_t* memory) { return size_t{memory->pages} << 16; }
wasm_memory_pages_t wasm_memory_size(const wasm_memory_t* memory) { return memory->pages; }
bool wasm_memory_grow(wasm_memory_t* memory, wasm_memory_pages_t delta) {
  if (delta > memory->maximum - memory->pages) return false;
  const size_t before = wasm_memory_data_size(memory);
  memory->pages += delta;
  auto* const moved = static_cast<byte_t*>(std::calloc(memory->pages, 65536));
  std::memcpy(moved, memory->data, before);
  std::free(memory->data);
  memory->data = moved;
  return true;
}
}

namespace {

TEST(WasmC, AHeapInAMemoryOfTheStandardApi) {
  wasm_memory_t memory{static_cast<byte_t*>(std::calloc(2, 65536)), 2, 100};
  {
    allot::Heap heap = allot::Heap::create(allot::wasm_c_memory(&memory)).value();
    EXPECT_FALSE(heap.base_is_fixed());
    const auto counter = heap.make<int32_t>(42).value();
    for (int i = 0; i < 50; ++i) {
      const auto block = heap.allocate(60000);
      ASSERT_TRUE(block);
      ASSERT_EQ(heap.fill(block.value(), 60000, 1), allot::Error::none);
    }
    EXPECT_EQ(counter.get(), 42);
    allot::Heap same = allot::Heap::attach(allot::wasm_c_memory(&memory)).value();
    EXPECT_EQ(same.statistic(allot::Statistic::live_blocks).value(), 51U);
    EXPECT_EQ(heap.allocate(70u << 16).error(), allot::Error::out_of_memory);
    EXPECT_FALSE(allot::wasm_c_memory(&memory).grow(allot::u64{1} << 32));
  }
  std::free(memory.data);
}

}  // namespace
