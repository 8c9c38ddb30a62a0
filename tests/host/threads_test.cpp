// Threads over one heap of which every second one is a host, the others native agents that trust the image. Built with
// ThreadSanitizer.
#include <atomic>
#include <utility>

#include "../native/shared/torture.hpp"
#include "mixed_agents.hpp"

namespace allot_test {
namespace {

TEST(HostThreads, AHostAndAnotherAgent) { torture<MixedAgent>(2, 20000, 2000, allot::Policy::balanced); }
TEST(HostThreads, FourThreads) { torture<MixedAgent>(4, 8000, 2000, allot::Policy::fast); }
TEST(HostThreads, SixThreadsInLittleMemory) { torture<MixedAgent>(6, 6000, 40, allot::Policy::balanced); }
TEST(HostThreads, ThreeThreadsExact) { torture<MixedAgent>(3, 6000, 400, allot::Policy::exact); }

// What the core builds upon.
TEST(HostThreads, ItsAtomicOperationsAreAtomic) {
  constexpr int threads = 4;
  constexpr int rounds = 20000;
  allot::SharedMapping memory(allot::page_bytes, allot::page_bytes);
  std::atomic<int> lost = 0;
  std::vector<std::thread> running;
  for (unsigned i = 0; i < threads; ++i) {
    running.emplace_back([&memory, &lost, i] {
      const auto any = allot::detail::erase_type<allot::SharedMapping&>(memory);
      allot::host::Reach reach(*any);
      ASSERT_TRUE(reach.refresh(0, 64));
      const allot::host::CheckedSharedPointer counter(reach, 0), bits(reach, 8), ball(reach, 16);
      const std::uint64_t own = std::uint64_t{1} << 13 * i;
      for (int round = 0; round < rounds; ++round) {
        ASSERT_TRUE(reach.refresh(0, 64));
        for (auto seen = counter.get<std::uint32_t>();;) {
          const auto found = counter.compare_exchange<std::uint32_t>(seen, seen + 1);
          if (std::exchange(seen, found) == found) break;
        }
        lost += (bits.fetch_or<std::uint64_t>(own) & own) != 0;
        lost += (bits.fetch_and<std::uint64_t>(~own) & own) == 0;
        // Whoever puts it there takes what was there before.
        lost -= static_cast<int>(ball.exchange<std::uint32_t>(0));
        lost += 1;
        lost -= static_cast<int>(ball.exchange<std::uint32_t>(1));
      }
    });
  }
  for (std::thread& thread : running) thread.join();
  const auto word = [&memory](std::size_t at) {
    return __atomic_load_n(reinterpret_cast<std::uint32_t*>(memory.base() + at), __ATOMIC_SEQ_CST);
  };
  EXPECT_EQ(word(0), static_cast<std::uint32_t>(threads * rounds));
  EXPECT_EQ(lost.load(), static_cast<int>(word(16)));
}

}  // namespace
}  // namespace allot_test
