// Attaching to an image in which one field of the header has all its bits inverted, then any one bit.
// The table names every field; a new one that it does not name is noticed.
#include "attach.hpp"

namespace allot_test {
namespace {

struct Field {
  const char* name;
  std::size_t offset;
  std::size_t size;
  allot::Error expected;
};

constexpr allot::Error corrupt = allot::Error::corrupt_image;
constexpr allot::Error accepted = allot::Error::none;

#define FIELD(name, expected) \
  Field { #name, offsetof(allot::Header, name), sizeof(allot::Header::name), expected }

constexpr Field fields[] = {
    FIELD(magic, allot::Error::not_a_heap),
    FIELD(version, allot::Error::wrong_version),
    FIELD(header_bytes, corrupt),
    FIELD(self, corrupt),
    FIELD(address_bytes, corrupt),
    FIELD(outside, corrupt),
    FIELD(policy, corrupt),
    FIELD(flags, corrupt),
    FIELD(record_bytes, corrupt),
    FIELD(borrow_shift, corrupt),
    FIELD(borrow_add, corrupt),
    FIELD(eager_shift, corrupt),
    FIELD(step_shift, corrupt),
    FIELD(grow_count, corrupt),
    FIELD(spare, corrupt),
    FIELD(origin, corrupt),
    FIELD(begin, corrupt),
    FIELD(end, corrupt),
    FIELD(maximum, corrupt),
    FIELD(quota, corrupt),
    FIELD(top, corrupt),
    FIELD(owned_end, corrupt),
    FIELD(page_map, corrupt),
    FIELD(pool, corrupt),
    FIELD(pool_count, corrupt),
    FIELD(managed_bytes, corrupt),
    FIELD(metadata_bytes, corrupt),
    FIELD(reserved_bytes, corrupt),
    FIELD(records_top, corrupt),
    FIELD(page_map_capacity, corrupt),
    FIELD(agents, corrupt),
    FIELD(reserved_spans, corrupt),
    FIELD(spare_word, corrupt),
    FIELD(agent, corrupt),
    FIELD(checksum, corrupt),
    FIELD(granules, corrupt),
    // What a heap notes down for others; nothing depends on them.
    FIELD(last_error, accepted),
    FIELD(last_error_address, accepted),
    FIELD(violation_address, accepted),
    // Held or free, the heap is the same.
    FIELD(lock, accepted),
    FIELD(spare_words, accepted),
};

void expect_result(const std::vector<std::uint8_t>& bytes, std::uint64_t image, const Field& field) {
  if (field.expected != accepted) return expect_not_attached(bytes, image, field.expected);
  SavedMemory memory(bytes);
  EXPECT_TRUE(SavedHeap::attach(memory, image));
}

TEST(AttachEachHeaderFieldCorrupted, TheTableNamesEveryField) {
  std::size_t end = 0;
  for (const Field& field : fields) {
    EXPECT_EQ(field.offset, end) << "something lies before " << field.name;
    end = field.offset + field.size;
  }
  EXPECT_EQ(end, sizeof(allot::Header));
}

TEST(AttachEachHeaderFieldCorrupted, AllBitsInverted) {
  const Saved saved = save_a_heap();
  for (const Field& field : fields) {
    SCOPED_TRACE(field.name);
    std::vector<std::uint8_t> bytes = saved.bytes;
    for (std::size_t i = 0; i < field.size; ++i) bytes[saved.image + field.offset + i] ^= 0xff;
    expect_result(bytes, saved.image, field);
  }
}

TEST(AttachEachHeaderFieldCorrupted, AnyOneBitInverted) {
  const Saved saved = save_a_heap();
  SavedMemory memory(saved.bytes);
  for (const Field& field : fields) {
    for (std::size_t bit = 0; bit < field.size * 8; ++bit) {
      std::uint8_t& byte = memory.base()[saved.image + field.offset + bit / 8];
      const auto mask = static_cast<std::uint8_t>(1U << bit % 8);
      byte ^= mask;
      EXPECT_STREQ(allot::name_of(SavedHeap::attach(memory, saved.image).error()),
                   allot::name_of(field.expected))
          << field.name << ", bit " << bit;
      byte ^= mask;
    }
  }
}

}  // namespace
}  // namespace allot_test
