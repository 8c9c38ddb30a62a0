// Real threads over one heap (torture.hpp). Built with ThreadSanitizer, which sees each access that the protocol forgot
// to order.
#include "torture.hpp"

namespace allot_test {
namespace {

TEST(ThreadsTest, TwoThreads) { torture<SharedTestHeap>(2, 30000, 2000, allot::Policy::balanced); }
TEST(ThreadsTest, FourThreads) { torture<SharedTestHeap>(4, 15000, 2000, allot::Policy::fast); }
TEST(ThreadsTest, EightThreadsInLittleMemory) {
  torture<SharedTestHeap>(8, 8000, 40, allot::Policy::balanced);
}
TEST(ThreadsTest, ThreeThreadsExact) { torture<SharedTestHeap>(3, 10000, 400, allot::Policy::exact); }

}  // namespace
}  // namespace allot_test
