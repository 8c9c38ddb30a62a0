// Damage behind the header, where attach() does not look: validate() must survive any of it, whatever a
// hostile guest wrote there, and see it wherever it could matter.
#include "attach.hpp"
#include "walk.hpp"

#include <utility>

namespace allot_test {
namespace {

// The bytes of the image behind its header: [begin, end).
struct Range {
  std::uint64_t begin, end;
};

Range records_of(SavedMemory& memory, std::uint64_t image) {
  const auto heap = SavedHeap::attach(memory, image).value();
  return {image + sizeof(allot::Header), image + heap.block_at(image).size};
}

TEST(ValidateDamagedRecords, SurvivesAnyOneByte) {
  const Saved saved = save_a_heap();
  SavedMemory memory(saved.bytes);
  const Range records = records_of(memory, saved.image);
  std::uint64_t tried = 0;
  std::uint64_t seen = 0;
  for (std::uint64_t at = records.begin; at < records.end; ++at) {
    for (const unsigned mask : {0x01U, 0x80U, 0xffU}) {
      memory.base()[at] = static_cast<std::uint8_t>(saved.bytes[at] ^ mask);
      auto heap = SavedHeap::attach(memory, saved.image);
      ++tried;
      if (!heap || heap.value().validate().number != 0) ++seen;
      memory.base()[at] = saved.bytes[at];
    }
  }
  // Most of the rest are hints, which may hold any granule of the heap, and records not in use yet.
  EXPECT_GT(seen, tried / 3);
}

// Flips one bit of a bitmap in the first page's record, asks validate(), and flips it back.
bool is_noticed(SavedMemory& memory, SavedHeap& heap, std::uint32_t bitmap, std::uint64_t granule) {
  const auto& header = *reinterpret_cast<const allot::Header*>(memory.base() + heap.image());
  std::uint32_t record = 0;
  std::memcpy(&record, memory.base() + header.page_map, sizeof record);
  std::uint8_t& byte = memory.base()[record + bitmap + granule / 8];
  const auto mask = static_cast<std::uint8_t>(1U << granule % 8);
  byte ^= mask;
  const bool noticed = heap.validate().number != 0;
  byte ^= mask;
  return noticed;
}

// The two bitmaps are the truth about live blocks: none of their bits may change unseen.
TEST(ValidateDamagedRecords, SeesEveryLostOrInventedLiveBlock) {
  const Saved saved = save_a_heap();
  SavedMemory memory(saved.bytes);
  auto heap = SavedHeap::attach(memory, saved.image).value();
  unsigned tried = 0;
  bool after_free = false;
  for (const allot::Block& block : walk(heap)) {
    if (block.address + block.size > page_bytes) break;
    const std::uint64_t granule = block.address / allot::granule_bytes;
    const std::uint64_t length = block.size / allot::granule_bytes;
    const bool is_free = block.kind == allot::BlockKind::free;
    // Two short free blocks that lose the bit between them are one free block: as sound as before.
    if (!(is_free && after_free)) {
      EXPECT_TRUE(is_noticed(memory, heap, allot::page_record::start, granule)) << granule;
    }
    after_free = is_free;
    EXPECT_TRUE(is_noticed(memory, heap, allot::page_record::live, granule)) << granule;
    if (block.kind != allot::BlockKind::live) continue;
    ++tried;
    for (std::uint64_t inside = 1; inside < length; ++inside) {
      EXPECT_TRUE(is_noticed(memory, heap, allot::page_record::start, granule + inside))
          << granule << '+' << inside;
    }
  }
  EXPECT_GT(tried, 10U);
  EXPECT_EQ(heap.validate().number, 0U);
}

// The long block that was freed last waits in a place of its own.
TEST(ValidateDamagedRecords, SeesALongBlockThatIsLostOrNotWhatItsPlaceSays) {
  const std::vector<std::uint8_t> nothing(page_bytes);
  SavedMemory memory(nothing);
  auto heap = SavedHeap::create(memory, {}).value();
  const std::uint32_t block = heap.allocate(5000).value();
  const std::uint32_t behind = heap.allocate(16).value();
  const std::uint32_t length = static_cast<std::uint32_t>(heap.block_at(block).size / allot::granule_bytes);
  ASSERT_EQ(heap.deallocate(block), allot::Error::none);
  auto& agent = *reinterpret_cast<allot::Agent*>(memory.base() + heap.image() + sizeof(allot::Header));
  ASSERT_EQ(agent.front, block / allot::granule_bytes);
  ASSERT_EQ(agent.front_length, length);
  ASSERT_EQ(heap.validate().number, 0U);
  agent.front_length = 0;
  EXPECT_EQ(heap.validate().number, 28U);
  for (const std::uint32_t wrong : {1U, 128U, length - 1, length + 1, 0xFFFFFFFFU}) {
    agent.front_length = wrong;
    EXPECT_EQ(heap.validate().number, 27U) << wrong;
  }
  agent.front_length = length;
  for (const std::uint32_t wrong : {0U, agent.front + 1, behind / allot::granule_bytes, 0xFFFFFFFFU}) {
    const std::uint32_t right = std::exchange(agent.front, wrong);
    EXPECT_EQ(heap.validate().number, 27U) << wrong;
    agent.front = right;
  }
  ASSERT_EQ(heap.validate().number, 0U);
  EXPECT_EQ(heap.allocate(5000).value(), block);
}

}  // namespace
}  // namespace allot_test
