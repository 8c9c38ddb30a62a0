// Images that are made so as to have a block, or a record, handed out twice, or memory that there is not. Each
// is refused by validate(), and by the rule that it breaks.
#include "forged.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace allot_test {
namespace {

// --- Blocks that are named twice, where another one is named nowhere ---------------------------------

// Long free blocks of one size, none beside another: the last one in front, the others in places.
template <class Image>
std::vector<std::uint64_t> free_long_blocks(Image& image, unsigned count) {
  std::vector<std::uint64_t> blocks;
  for (unsigned i = 0; i < count; ++i) {
    blocks.push_back(image.heap().allocate(5000).value());
    (void)image.heap().allocate(5000).value();
  }
  for (const std::uint64_t block : blocks) {
    EXPECT_EQ(image.heap().deallocate(static_cast<std::uint32_t>(block)), allot::Error::none);
  }
  EXPECT_EQ(image.heap().validate().number, 0U);
  return blocks;
}

template <class Image>
std::uint64_t* place_of(Image& image, std::uint64_t block) {
  const std::uint64_t granule = (block - image.header().origin) / allot::granule_bytes;
  for (std::uint64_t& place : image.agent().quick) {
    if (place >> 32U != 0 && (place & 0xFFFFFFFFU) == granule) return &place;
  }
  return nullptr;
}

template <class Image>
void expect_no_block_in_two_places() {
  Image image;
  const auto blocks = free_long_blocks(image, 4);
  std::uint64_t* const first = place_of(image, blocks[0]);
  std::uint64_t* const second = place_of(image, blocks[1]);
  ASSERT_TRUE(first != nullptr && second != nullptr);
  const std::uint64_t right = std::exchange(*first, *second);
  EXPECT_EQ(image.violation(), 27U) << "two places";
  *first = std::uint64_t{image.agent().front_length} << 32U | image.agent().front;
  EXPECT_EQ(image.violation(), 27U) << "a place and the front";
  *first = right;
  EXPECT_EQ(image.violation(), 0U);
}

TEST(ValidateForgedImages, ABlockInTwoPlaces) {
  expect_no_block_in_two_places<ForgedInside>();
  expect_no_block_in_two_places<ForgedOutside>();
  expect_no_block_in_two_places<ForgedShared>();
}

TEST(ValidateForgedImages, ABlockInAListAndInAPlace) {
  ForgedInside image;
  const auto blocks = free_long_blocks(image, 12);
  // Eight places, the front, and the rest are in the list of their bin.
  const std::uint64_t length = image.agent().front_length;
  std::uint32_t head = 0;
  for (const std::uint32_t link : image.agent().heads) {
    if (link != 0 && image.heap().block_at((link - 1) * 16ULL).size == length * 16) head = link;
  }
  ASSERT_NE(head, 0U);
  std::uint64_t* const place = place_of(image, blocks[0]);
  ASSERT_NE(place, nullptr);
  *place = (*place >> 32U) << 32U | (head - 1);
  EXPECT_EQ(image.violation(), 27U);
}

// What lies behind the last bin is read with it.
TEST(ValidateForgedImages, CountsAndBitsBehindTheLastBin) {
  ForgedInside image;
  image.agent().quick_count[allot::quick_bins + 2] = 1;
  EXPECT_EQ(image.violation(), 26U);
  image.agent().quick_count[allot::quick_bins + 2] = 0;
  image.agent().bins[allot::bin_octaves] = 1;
  EXPECT_EQ(image.violation(), 26U);
}

// --- Records that lie where something else does ------------------------------------------------------

// More than the first pages, a live block of 5000 bytes in the first one.
template <class Image>
std::uint64_t grow_around_a_block(Image& image) {
  const std::uint64_t block = image.heap().allocate(5000).value();
  std::memset(image.memory.base() + block, 0, 5000);
  // Until some records wait in the pool, or there is room for some.
  for (unsigned i = 0; i < 5 || (i < 50 && image.header().pool_count < 2); ++i) {
    (void)image.heap().allocate(70000).value();
  }
  EXPECT_EQ(image.heap().validate().number, 0U);
  return block;
}

// Where a page's record is found, moved to `ref`.
template <class Image>
void expect_no_record_at(Image& image, std::uint64_t ref, std::uint32_t page) {
  const std::uint32_t right = image.record_of_page(page);
  std::vector<std::uint8_t> before(image.at(ref), image.at(ref) + image.header().record_bytes);
  std::memmove(image.at(ref), image.at(right), image.header().record_bytes);
  image.set_record_of_page(page, ref);
  EXPECT_NE(image.violation(), 0U) << "page " << page << " at " << ref;
  std::memcpy(image.at(ref), before.data(), before.size());
  image.set_record_of_page(page, right);
  EXPECT_EQ(image.violation(), 0U);
}

TEST(ValidateForgedImages, APageRecordInALiveBlock) {
  ForgedInside image({.policy = allot::Policy::exact});
  const std::uint64_t block = grow_around_a_block(image);
  expect_no_record_at(image, block + 16, 2);
  ForgedShared shared({.policy = allot::Policy::exact});
  const std::uint64_t other = grow_around_a_block(shared);
  expect_no_record_at(shared, other + 16, 2);
}

template <class Image>
void expect_no_shared_record() {
  Image image({.policy = allot::Policy::exact});
  grow_around_a_block(image);
  const std::uint32_t right = image.record_of_page(3);
  // Inside a block of more than two pages both are alike, all zeros.
  image.set_record_of_page(3, image.record_of_page(2));
  EXPECT_EQ(image.violation(), 32U);
  image.set_record_of_page(3, right);
  EXPECT_EQ(image.violation(), 0U);
}
TEST(ValidateForgedImages, APageRecordOfTwoPages) {
  expect_no_shared_record<ForgedInside>();
  expect_no_shared_record<ForgedOutside>();
  expect_no_shared_record<ForgedShared>();
}

template <class Image>
void expect_no_record_in_others() {
  Image image({.policy = allot::Policy::exact});
  grow_around_a_block(image);
  for (const std::uint64_t ref : {std::uint64_t{image.heap().image()}, image.header().page_map,
                                  std::uint64_t{image.agent().hints}, image.header().pool}) {
    const std::uint32_t right = image.record_of_page(2);
    image.set_record_of_page(2, ref);
    EXPECT_NE(image.violation(), 0U) << ref;
    image.set_record_of_page(2, right);
    ASSERT_EQ(image.violation(), 0U);
  }
}
TEST(ValidateForgedImages, APageRecordInOtherRecords) {
  expect_no_record_in_others<ForgedInside>();
  expect_no_record_in_others<ForgedOutside>();
  expect_no_record_in_others<ForgedShared>();
}

// --- The pool, and the room --------------------------------------------------------------------------

template <class Image>
void expect_no_pool_at(Image& image, std::uint64_t ref) {
  const auto first = std::exchange(image.header().pool, ref);
  const auto count = std::exchange(image.header().pool_count, 1);
  const auto before = image.template read<std::uint64_t>(ref);
  image.write(ref, std::uint64_t{0});
  EXPECT_NE(image.violation(), 0U) << ref;
  image.write(ref, before);
  image.header().pool = first;
  image.header().pool_count = count;
  EXPECT_EQ(image.violation(), 0U);
}

TEST(ValidateForgedImages, APoolThatIsNoList) {
  // Where address 0 has 0, that could be taken for a record of which the next one is itself.
  ForgedInside image({.begin = 1024});
  grow_around_a_block(image);
  ASSERT_NE(image.header().pool_count, 0U);
  const auto pool = std::exchange(image.header().pool, 0);
  EXPECT_EQ(image.violation(), 6U);
  image.header().pool = pool;
  EXPECT_EQ(image.violation(), 0U);
}

TEST(ValidateForgedImages, APoolInALiveBlock) {
  ForgedInside image;
  expect_no_pool_at(image, grow_around_a_block(image) + 32);
}
TEST(ValidateForgedImages, APoolInRecords) {
  ForgedInside inside;
  grow_around_a_block(inside);
  expect_no_pool_at(inside, inside.record_of_page(1));
  expect_no_pool_at(inside, inside.record_of_page(1) - 528);
  ForgedOutside outside;
  grow_around_a_block(outside);
  expect_no_pool_at(outside, outside.record_of_page(1));
  expect_no_pool_at(outside, outside.header().records_top);
}
template <class Image>
void expect_no_overlap_in_pool() {
  Image image;
  grow_around_a_block(image);
  ASSERT_GE(image.header().pool_count, 2U);
  // The second one begins within the first.
  const std::uint64_t first = image.header().pool;
  const auto second = image.template read<std::uint64_t>(first);
  const auto third = image.template read<std::uint64_t>(second);
  image.write(first, first + 528);
  image.write(first + 528, third);
  EXPECT_EQ(image.violation(), 32U);
}
TEST(ValidateForgedImages, PoolRecordsThatOverlap) {
  expect_no_overlap_in_pool<ForgedInside>();
  expect_no_overlap_in_pool<ForgedOutside>();
}

TEST(ValidateForgedImages, TheEndOfTheRecordsOutside) {
  ForgedOutside image;
  grow_around_a_block(image);
  const auto top = std::exchange(image.header().records_top, image.header().pool);
  EXPECT_EQ(image.violation(), 32U);
  image.header().records_top = image.records.bytes() + 16;
  EXPECT_EQ(image.violation(), 5U);
  image.header().records_top = top;
  EXPECT_EQ(image.violation(), 0U);
}

TEST(ValidateForgedImages, ARoomThatIsNone) {
  ForgedShared image;
  const std::uint64_t block = grow_around_a_block(image);
  // A shared heap's room lies where a plain one's pool does.
  std::uint64_t& room = image.header().pool;
  std::uint64_t& room_bytes = image.header().pool_count;
  ASSERT_GT(room_bytes, 64U);
  const std::uint64_t right = room;
  for (const std::uint64_t wrong : {std::uint64_t{0}, right + 1, right + 16, right - 16, block, block + 16}) {
    room = wrong;
    EXPECT_NE(image.violation(), 0U) << wrong;
  }
  room = right;
  const std::uint64_t bytes = std::exchange(room_bytes, room_bytes + 16);
  EXPECT_EQ(image.violation(), 32U);
  room_bytes = bytes - 8;
  EXPECT_EQ(image.violation(), 6U);
  // What a repair would make of it overlaps the records behind.
  room_bytes = 0;
  room = image.header().page_map;
  EXPECT_EQ(image.violation(), 32U);
  room = right;
  EXPECT_EQ(image.violation(), 0U) << "some is lost when an agent dies";
}

// --- Numbers of the header ---------------------------------------------------------------------------

template <class Image>
void expect_limits() {
  Image image;
  grow_around_a_block(image);
  const auto refused = [&](std::uint64_t& field, std::uint64_t wrong, std::uint32_t rule) {
    const std::uint64_t right = std::exchange(field, wrong);
    EXPECT_EQ(image.violation(), rule) << wrong;
    field = right;
    EXPECT_EQ(image.violation(), 0U);
  };
  auto& header = image.header();
  refused(header.owned_end, std::uint64_t{1} << 31U, 3);
  refused(header.end, std::uint64_t{1} << 40U, 2);
  refused(header.maximum, std::uint64_t{1} << 40U, 2);
  refused(header.page_map, header.page_map + 4, 4);
  refused(image.agent().hints, image.agent().hints + 8, 13);
  const auto policy = std::exchange(header.policy, std::uint8_t{4});
  EXPECT_EQ(image.violation(), 33U);
  header.policy = policy;
  const auto shift = std::exchange(header.step_shift, std::uint8_t{77});
  EXPECT_EQ(image.violation(), 33U);
  header.step_shift = shift;
  const auto flags = std::exchange(header.flags, static_cast<std::uint8_t>(header.flags | 4U));
  EXPECT_EQ(image.violation(), 5U);
  header.flags = flags;
  EXPECT_EQ(image.violation(), 0U);
}
TEST(ValidateForgedImages, LimitsAndPolicies) {
  expect_limits<ForgedInside>();
  expect_limits<ForgedOutside>();
  expect_limits<ForgedShared>();
}

// A heap's first page has granules that are not its own, and so has its last one.
TEST(ValidateForgedImages, BlocksBeyondTheSpan) {
  ForgedInside image({.begin = 4096, .end = 2 * page_bytes - 4096});
  (void)image.heap().allocate(70000).value();
  ASSERT_EQ(image.violation(), 0U);
  const std::uint32_t first = image.record_of_page(0);
  *image.at(first + 1) = 1;
  EXPECT_EQ(image.violation(), 19U);
  *image.at(first + 1) = 0;
  // What lies behind the span is free, and so much that was free is reserved.
  const std::uint64_t top = image.header().top;
  const std::uint64_t block = image.heap().allocate(4000).value();
  ASSERT_EQ(image.heap().deallocate(static_cast<std::uint32_t>(block)), allot::Error::none);
  ASSERT_EQ(image.heap().reserve(top - 8192, top - 4096), allot::Error::none);
  const std::uint32_t last = image.record_of_page(1);
  const std::uint64_t granule = (top - page_bytes) / allot::granule_bytes;
  for (const unsigned mark : {1U, 2U}) {
    *image.at(last + allot::page_record::live + (granule + mark) / 8) &=
        static_cast<std::uint8_t>(~(1U << (granule + mark) % 8));
  }
  image.header().reserved_bytes -= 4096;
  image.header().managed_bytes += 4096;
  EXPECT_NE(image.violation(), 0U);
}

}  // namespace
}  // namespace allot_test
