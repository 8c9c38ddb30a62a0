// The host and guests that wasm2c has compiled: with liballot in them, and without any allocator.
#include "guest_checks.hpp"

#include <allot/host/memories/wasm2c.hpp>

#include "imports.h"
#include "with_allot.h"

// What the second guest imports: the host's malloc.
struct Z_env_instance_t {
  allot::GuestMalloc<>* malloc = nullptr;
};
extern "C" {
uint32_t Z_envZ_malloc(Z_env_instance_t* env, uint32_t size) { return env->malloc->malloc(size); }
void Z_envZ_free(Z_env_instance_t* env, uint32_t address) { env->malloc->free(address); }
}

namespace allot_test {
namespace {

using allot::Error;
using allot::Heap;
using allot::u64;

struct Runtime {
  Runtime() {
    wasm_rt_init();
    Z_with_allot_init_module();
    Z_imports_init_module();
  }
  ~Runtime() { wasm_rt_free(); }
};

class Wasm2c : public testing::Test {
 protected:
  static void SetUpTestSuite() { static const Runtime runtime; }
};

TEST_F(Wasm2c, HostAndGuestShareTheGuestsHeap) {
  Z_with_allot_instance_t guest;
  Z_with_allot_instantiate(&guest);
  const auto narrow = [](u64 number) { return static_cast<uint32_t>(number); };
  const Call call = [&](const char* name, const std::vector<u64>& a) -> u64 {
    const std::string_view wanted = name;
    if (wanted == "guest_malloc") return Z_with_allotZ_guest_malloc(&guest, narrow(a[0]));
    if (wanted == "guest_free") return Z_with_allotZ_guest_free(&guest, narrow(a[0])), 0;
    if (wanted == "guest_realloc") return Z_with_allotZ_guest_realloc(&guest, narrow(a[0]), narrow(a[1]));
    if (wanted == "guest_aligned_alloc")
      return Z_with_allotZ_guest_aligned_alloc(&guest, narrow(a[0]), narrow(a[1]));
    if (wanted == "guest_usable_size") return Z_with_allotZ_guest_usable_size(&guest, narrow(a[0]));
    if (wanted == "image") return Z_with_allotZ_image(&guest);
    if (wanted == "grow") return Z_with_allotZ_grow(&guest, narrow(a[0]));
    if (wanted == "sum") return Z_with_allotZ_sum(&guest, narrow(a[0]), narrow(a[1]));
    if (wanted == "push") return Z_with_allotZ_push(&guest, narrow(a[0]), a[1]);
    if (wanted == "sizeof_node") return Z_with_allotZ_sizeof_node(&guest);
    if (wanted == "greet") return Z_with_allotZ_greet(&guest);
    if (wanted == "spoil") return Z_with_allotZ_spoil(&guest, narrow(a[0]), narrow(a[1])), 0;
    ADD_FAILURE() << name;
    return 0;
  };
  expect_one_heap<allot::Wasm2cMemory>([&] { return allot::wasm2c_memory(Z_with_allotZ_memory(&guest)); },
                                       call);
  Z_with_allot_free(&guest);
}

TEST_F(Wasm2c, AGuestWithoutAllocatorGetsOneAboveItsHeapBase) {
  Z_env_instance_t env;
  Z_imports_instance_t guest;
  Z_imports_instantiate(&guest, &env);
  allot::CreateOptions options;
  options.begin = Z_importsZ_heap_base(&guest);
  Heap heap = Heap::create(allot::wasm2c_memory(Z_importsZ_memory(&guest)), options).value();
  const auto numbers = heap.make_array<int32_t>(500).value();
  EXPECT_LT(numbers.address(), u64{2} << 16);
  ASSERT_EQ(numbers.fill(2), Error::none);
  EXPECT_EQ(Z_importsZ_sum(&guest, static_cast<uint32_t>(numbers.address()), 500), 1000U);
  EXPECT_FALSE(heap.validate().value());
  // References are left when the guest goes.
  heap.detach();
  Z_imports_free(&guest);
  EXPECT_EQ(numbers.read(0).error(), allot::host_error::out_of_bounds);
  EXPECT_EQ(heap.allocate(1).error(), allot::host_error::no_memory);
}

TEST_F(Wasm2c, AGuestImportsTheHostsMalloc) {
  Z_env_instance_t env;
  Z_imports_instance_t guest;
  Z_imports_instantiate(&guest, &env);
  allot::CreateOptions options;
  options.begin = Z_importsZ_heap_base(&guest);
  options.image = allot::ImagePlace::outside;
  Heap heap = Heap::create(allot::wasm2c_memory(Z_importsZ_memory(&guest)), options).value();
  std::vector<Error> refused;
  allot::GuestMalloc<> imports(heap, [&](Error error, u64) { refused.push_back(error); });
  env.malloc = &imports;
  // The guest allocates, and the memory grows under it.
  const uint32_t numbers = Z_importsZ_numbers(&guest, 100000);
  const auto seen = heap.array_at<int32_t>(numbers, 100000).value();
  EXPECT_EQ(seen.get(99999), 99999);
  EXPECT_EQ(heap.statistic(allot::Statistic::live_blocks).value(), 1U);
  Z_importsZ_drop(&guest, numbers);
  EXPECT_EQ(heap.statistic(allot::Statistic::live_blocks).value(), 0U);
  Z_importsZ_drop(&guest, 0);
  EXPECT_TRUE(refused.empty());
  Z_importsZ_drop(&guest, numbers);
  Z_importsZ_drop(&guest, 0xFFFFFFF0);
  EXPECT_EQ(refused, (std::vector{Error::double_free, Error::wild_address}));
  EXPECT_EQ(Z_importsZ_numbers(&guest, 0x3FFFFFFF), 0U);
  EXPECT_EQ(imports.calloc(0xFFFFFFFF, 0xFFFFFFFF), 0U);
  EXPECT_EQ(imports.aligned_alloc(64, 10) % 64, 0U);
  EXPECT_GE(imports.malloc_usable_size(imports.realloc(imports.malloc(3), 300)), 300U);
  EXPECT_EQ(imports.cabi_realloc(0, 0, 128, 5) % 128, 0U);
  Z_imports_free(&guest);
}

TEST_F(Wasm2c, TheMemoryKeepsToItsMaximum) {
  wasm_rt_memory_t memory;
  wasm_rt_allocate_memory(&memory, 1, 3);
  Heap heap = Heap::create(allot::wasm2c_memory(&memory)).value();
  EXPECT_TRUE(heap.base_is_fixed());
  EXPECT_EQ(heap.allocate(3u << 16).error(), Error::out_of_memory);
  EXPECT_TRUE(heap.allocate(1u << 16));
  EXPECT_FALSE(allot::wasm2c_memory(&memory).grow(u64{1} << 32));
  wasm_rt_free_memory(&memory);
}

}  // namespace
}  // namespace allot_test
