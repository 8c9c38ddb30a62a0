// Snapshots that say more of a memory than a file of their length should cost.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <allot/host.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

namespace allot_test {
namespace {

using allot::Error;
using allot::u64;
using allot::u8;
namespace format = allot::files::snapshot_format;
constexpr u64 page = allot::page_bytes;

// The heap of a small snapshot with its image outside, whose records are followed by so many pages of zeros.
std::vector<u8> with_more_records(u64 pages) {
  allot::ReservedMemory memory(page, page * 20);
  auto heap = allot::Heap::create(memory, {.begin = 0, .image = allot::ImagePlace::outside}).value();
  (void)heap.allocate(100).value();
  std::vector<u8> file = allot::take_snapshot(heap).value();
  const u64 had = allot::files::read_snapshot(file).value().header().record_pages;
  file.resize(file.size() - format::checksum_bytes);
  allot::files::detail::put_number(file, pages * page);
  allot::files::detail::put_number(file, 0);
  const u64 end = file.size();
  allot::files::detail::put_fixed(file.data() + 40, 8, had + pages);
  allot::files::detail::put_fixed(file.data() + 48, 8, end - format::header_bytes);
  file.resize(end + format::checksum_bytes);
  allot::files::detail::put_fixed(file.data() + end, 4, allot::files::crc32({file.data(), end}));
  return file;
}

// The most that this program has had of the system's memory so far.
u64 most_resident_bytes() {
  rusage usage{};
  (void)getrusage(RUSAGE_SELF, &usage);
  return static_cast<u64>(usage.ru_maxrss) * 1024;
}

TEST(HostSnapshot, ZerosForRecordsTakeNoMemory) {
  const std::vector<u8> sound = with_more_records(3000);
  const std::vector<u8> long_one = with_more_records(60000);
  ASSERT_LT(long_one.size(), 5000U);
  const u64 before = most_resident_bytes();
  allot::ReservedMemory memory(0, page * 20);
  EXPECT_TRUE(allot::restore_snapshot(sound, memory));
  allot::ReservedMemory other(0, page * 20);
  EXPECT_EQ(allot::restore_snapshot(long_one, other).error(), Error::out_of_memory);
  EXPECT_EQ(other.bytes(), 0U);
  EXPECT_LT(most_resident_bytes() - before, 128U << 20U);
}

}  // namespace
}  // namespace allot_test
