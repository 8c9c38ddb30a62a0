// Blocks in a guest's memory, taken and given back by a C++ program: through the guest's own malloc and free, or by
// the host library.
//
// Yard (bench/). Two guests, turned into C by wasm2c: `dlmalloc` and `allot`, each of them nothing but malloc and
// free. Arguments: the way (see main), the workload (bench/lib/host.mjs), how many operations, how many runs. The
// requests are those of W1 to W3 (workloads.cpp). One run is made first, untimed. Prints, for each run, nanoseconds;
// callgrind counts what happens in `measured`.

#include <allot/host.hpp>
#include <allot/host/memories/wasm2c.hpp>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string_view>
#include <vector>

#include "../random.hpp"
#include "allot_guest.h"
#include "dlmalloc_guest.h"

// Compiled as it stands: no caller's knowledge goes into it.
#ifdef __clang__
#define ALLOT_ALONE [[gnu::noinline]]
#else
#define ALLOT_ALONE [[gnu::noipa]]
#endif

namespace {

using std::uint32_t;
using std::uint64_t;

struct Dlmalloc {
  Z_dlmalloc_guest_instance_t guest;
  Dlmalloc() { Z_dlmalloc_guest_instantiate(&guest); }
  wasm_rt_memory_t* memory() { return Z_dlmalloc_guestZ_memory(&guest); }
  uint32_t malloc(uint32_t size) { return Z_dlmalloc_guestZ_malloc(&guest, size); }
  void free(uint32_t block) { Z_dlmalloc_guestZ_free(&guest, block); }
};
/// What the harness itself costs.
struct Floor : Dlmalloc {
  uint32_t malloc(uint32_t size) { return 16 + (size & 15); }
  void free(uint32_t) {}
};
struct Allot {
  Z_allot_guest_instance_t guest;
  Allot() {
    Z_allot_guest_instantiate(&guest);
    free(malloc(1));  // lays out its heap
  }
  wasm_rt_memory_t* memory() { return Z_allot_guestZ_memory(&guest); }
  uint32_t malloc(uint32_t size) { return Z_allot_guestZ_malloc(&guest, size); }
  void free(uint32_t block) { Z_allot_guestZ_free(&guest, block); }
};

template <class Guest>
class Host {
 public:
  template <class Join>
  explicit Host(Join join) : heap_(allot::or_throw(join(guest_))) {}
  wasm_rt_memory_t* memory() { return guest_.memory(); }
  uint32_t malloc(uint32_t size) {
    const auto block = heap_.allocate(size);
    return block ? static_cast<uint32_t>(block.value()) : 0;
  }
  void free(uint32_t block) {
    if (heap_.deallocate(block) != allot::Error::none) std::abort();
  }

 private:
  Guest guest_;
  allot::Heap heap_;
};

struct Work {
  uint32_t live;  // slots; 0: W1
  uint32_t size;  // W1: of each block
  bool octaves;  // W3
};
Work work_of(std::string_view name) {
  if (name == "W1/64") return {0, 64, false};
  if (name == "W2/10k") return {10'000, 0, false};
  if (name == "W2/100k") return {100'000, 0, false};
  if (name == "W3") return {10'000, 0, true};
  std::fprintf(stderr, "no workload '%s'\n", name.data());
  std::exit(2);
}
uint32_t size_of(const Work& work, Random& random) {
  if (!work.octaves) return 1 + random.next() % 512;
  const uint32_t octave = uint32_t{8} << random.below(12);
  return octave | (random.next() & (octave - 1));
}

template <class Way>
void take(Way& way, uint32_t& slot, uint32_t size) {
  slot = way.malloc(size);
  if (slot == 0) std::abort();
  way.memory()->data[slot] = static_cast<uint8_t>(size);
}

template <class Way>
ALLOT_ALONE void measured(Way& way, const Work& work_given, std::vector<uint32_t>& slots_given, Random& state,
                          uint32_t operations) {
  // In locals, for all ways alike: stores into blocks could alias what lies in memory.
  const Work work = work_given;
  uint32_t* const slots = slots_given.data();
  Random random = state;
  for (uint32_t i = 0; i < operations; ++i) {
    if (work.live == 0) {
      take(way, slots[0], work.size);
      way.free(slots[0]);
    } else {
      uint32_t& slot = slots[random.below(work.live)];
      way.free(slot);
      take(way, slot, size_of(work, random));
    }
  }
  state = random;
  asm volatile("" ::: "memory");  // not a tail call
}

double now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

template <class Way>
void run(std::unique_ptr<Way> way, const Work& work, uint32_t operations, int runs) {
  Random random;
  std::vector<uint32_t> slots(work.live + 1);
  for (uint32_t i = 0; i < work.live; ++i) take(*way, slots[i], size_of(work, random));
  // Not `measured`: callgrind is not to count it.
  for (uint32_t i = 0; i < (work.live == 0 ? 0 : operations); ++i) {
    uint32_t& slot = slots[random.below(work.live)];
    way->free(slot);
    take(*way, slot, size_of(work, random));
  }
  for (int i = 0; i < runs; ++i) {
    const double begin = now();
    measured(*way, work, slots, random, operations);
    std::printf("%.0f\n", now() - begin);
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 5) return 2;
  const std::string_view way = arguments[1];
  const Work work = work_of(arguments[2]);
  const auto operations = static_cast<uint32_t>(std::atoi(arguments[3]));
  const int runs = std::atoi(arguments[4]);
  wasm_rt_init();
  Z_dlmalloc_guest_init_module();
  Z_allot_guest_init_module();
  const auto outside = [](auto& guest) {
    allot::CreateOptions options;
    options.image = allot::ImagePlace::outside;
    return allot::Heap::create(allot::wasm2c_memory(guest.memory()), options);
  };
  const auto inside = [](auto& guest) { return allot::Heap::attach(allot::wasm2c_memory(guest.memory())); };
  const auto adopt = [](auto& guest) {
    allot::GuestFunctions functions;
    functions.malloc = [&guest](uint64_t size) {
      return uint64_t{guest.malloc(static_cast<uint32_t>(size))};
    };
    functions.free = [&guest](uint64_t block) { guest.free(static_cast<uint32_t>(block)); };
    return allot::Heap::adopt(allot::wasm2c_memory(guest.memory()), std::move(functions));
  };
  if (way == "floor")  // nothing is allocated
    run(std::make_unique<Floor>(), work, operations, runs);
  else if (way == "dlmalloc")  // the guest's export is called
    run(std::make_unique<Dlmalloc>(), work, operations, runs);
  else if (way == "dlmalloc-adopted")  // the same, behind the interface of a heap
    run(std::make_unique<Host<Dlmalloc>>(adopt), work, operations, runs);
  else if (way == "allot-called")  // liballot's export is called
    run(std::make_unique<Allot>(), work, operations, runs);
  else if (way == "allot-inside")  // the host in liballot's heap, which it does not trust
    run(std::make_unique<Host<Allot>>(inside), work, operations, runs);
  else if (way == "allot-outside")  // the host in a heap whose records it keeps
    run(std::make_unique<Host<Dlmalloc>>(outside), work, operations, runs);
  else
    return 2;
  return 0;
}
