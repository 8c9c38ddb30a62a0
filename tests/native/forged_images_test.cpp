// Images with some numbers changed at random and the checksum made right again: either validate() refuses one, or it
// is a heap. Then hundreds of operations hand out no byte twice, come to an end, and leave a sound heap behind.
//
// Each image has a process of its own, so that one that leads astray is told from the others.
// ALLOT_FORGERIES says how many of each kind; 450 in the normal run.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "misuse/forged.hpp"
#include "random.hpp"
#include "walk.hpp"

namespace allot_test {
namespace {

// What a number lies among. Others of these are what it is most likely to be taken for.
enum Place : unsigned {
  in_header,
  behind_header,
  in_agent,
  in_bins,
  head,
  count,
  quick,
  map_entry,
  in_record,
  places
};

constexpr int refused = 10;
constexpr int accepted = 11;
constexpr int failed = 12;
constexpr unsigned seconds = 10;  // for what takes a few milliseconds

// What may not be handed out: [begin, end) of each.
class Taken {
 public:
  void add(std::uint64_t begin, std::uint64_t size) {
    const auto behind = spans_.lower_bound(begin);
    if (behind != spans_.end() && behind->first < begin + size) disagree("two blocks at ", behind->first);
    if (behind != spans_.begin() && std::prev(behind)->second > begin) disagree("two blocks at ", begin);
    spans_[begin] = begin + size;
  }
  void remove(std::uint64_t begin) { spans_.erase(begin); }

 private:
  std::map<std::uint64_t, std::uint64_t> spans_;
};

// Blocks of all sizes come and go; many are as long as others, so that one could pass for another.
template <class Heap>
void live_a_little(Heap& heap, Random& random, std::vector<std::uint64_t>& blocks, unsigned operations) {
  for (unsigned i = 0; i < operations; ++i) {
    if (blocks.size() > 10 && random.one_in(2)) {
      const std::size_t which = random.below(blocks.size());
      if (heap.deallocate(static_cast<std::uint32_t>(blocks[which])) != allot::Error::none)
        disagree("not freed");
      blocks[which] = blocks.back();
      blocks.pop_back();
    } else if (const auto block = heap.allocate(random.one_in(3) ? 5000 : random.log_uniform(17))) {
      blocks.push_back(block.value());
    }
  }
}

// The next operations, every block's bytes written.
template <class Image>
void use(Image& image, Random& random) {
  auto& heap = image.heap();
  Taken taken;
  std::vector<std::uint64_t> blocks;
  for (const allot::Block& block : walk(heap)) {
    if (block.kind == allot::BlockKind::free) continue;
    taken.add(block.address, block.size);
    if (block.kind == allot::BlockKind::live) blocks.push_back(block.address);
  }
  for (unsigned i = 0; i < 250; ++i) {
    if (!blocks.empty() && random.one_in(2)) {
      const std::size_t which = random.below(blocks.size());
      if (heap.deallocate(static_cast<std::uint32_t>(blocks[which])) != allot::Error::none)
        disagree("not freed");
      taken.remove(blocks[which]);
      blocks[which] = blocks.back();
      blocks.pop_back();
      continue;
    }
    // Now and then as long as one that waits.
    const std::uint64_t size = random.one_in(3) ? 5000 : random.log_uniform(17);
    const auto block = heap.allocate(size);
    if (!block) continue;
    const std::uint64_t usable = heap.usable_size(block.value()).value();
    if (usable < size || block.value() + usable > image.memory.bytes()) disagree("not a block of the memory");
    taken.add(block.value(), usable);
    std::memset(image.memory.base() + block.value(), 0xA5, usable);
    blocks.push_back(block.value());
  }
  if (const auto violation = heap.validate()) disagree("then invariant ", violation.number, " is broken");
}

// Where a number that is changed may lie.
template <class Image>
std::uint64_t any_place(Image& image, Random& random, unsigned among) {
  const auto& header = image.header();
  const std::uint64_t agent = header.agent[0];
  const auto word_of = [&random](std::uint64_t begin, std::uint64_t bytes) {
    return begin + random.below(bytes / 4) * 4;
  };
  const std::uint32_t pages = header.granules / allot::granules_per_page;
  const std::uint64_t record = image.record_of_page(static_cast<std::uint32_t>(random.below(pages)));
  switch (among) {
    case in_header: return word_of(image.heap().image(), offsetof(allot::Header, agent) + 8);
    case behind_header: return word_of(image.heap().image() + offsetof(allot::Header, granules), 40);
    case in_agent: return word_of(agent, offsetof(allot::Agent, tops));
    case in_bins: return word_of(agent + offsetof(allot::Agent, octaves), 64);
    case head: return agent + offsetof(allot::Agent, heads) + random.below(allot::bin_count) * 4;
    case count: return word_of(agent + offsetof(allot::Agent, quick_count), 88);
    case quick: {
      // Most places are empty.
      std::vector<std::uint64_t> full;
      for (std::uint64_t i = 0; i < allot::quick_bins * allot::quick_depth; ++i)
        if (image.agent().quick[i] != 0) full.push_back(i);
      const std::uint64_t i =
          full.empty() || random.one_in(8) ? random.below(640) : full[random.below(full.size())];
      return agent + offsetof(allot::Agent, quick) + i * 8;
    }
    case map_entry: return header.page_map + random.below(pages) * 4;
    default: return word_of(record, header.record_bytes);
  }
}

// What is written there: something that means something elsewhere, or nearly what was there.
template <class Image>
std::uint64_t any_value(Image& image, Random& random, unsigned among, std::uint64_t old,
                        const std::vector<std::uint64_t>& blocks) {
  const std::uint64_t block = blocks[random.below(blocks.size())];
  constexpr std::array<std::uint64_t, 8> beside{1,    ~std::uint64_t{0}, 8, 16, ~std::uint64_t{15}, 528, 1056,
                                                65536};
  switch (random.below(9)) {
    case 0: return random.one_in(2) ? 0 : ~std::uint64_t{0};
    case 1: return old ^ std::uint64_t{1} << random.below(64);
    case 2: return block + random.below(3) * 16;
    case 3: return (block - image.header().origin) / 16 + random.below(2);
    case 4: return image.record_of_page(static_cast<std::uint32_t>(random.below(3))) + random.below(2) * 528;
    case 5: return old + beside[random.below(beside.size())];
    case 6: return std::uint64_t{image.agent().front_length} << 32U | image.agent().front;
    default: return image.template read<std::uint64_t>(any_place(image, random, among));
  }
}

struct Change {
  std::uint64_t at, old, value;
  unsigned bits;
};

// One that was thought out over the sound image.
template <class Image>
Change any_change(Image& image, Random& random, const std::vector<std::uint64_t>& blocks) {
  const auto among = static_cast<unsigned>(random.below(places));
  const std::uint64_t at = any_place(image, random, among);
  const auto old = image.template read<std::uint64_t>(at);
  return {at, old, any_value(image, random, among, old, blocks), at % 8 == 0 && random.one_in(2) ? 64U : 32U};
}

template <class Image>
void make(Image& image, const Change& change) {
  if (change.bits == 64)
    image.write(change.at, change.value);
  else
    image.write(change.at, static_cast<std::uint32_t>(change.value));
  // Said before anything can go wrong, and heard only if it does.
  (void)std::fprintf(stderr, "%u bits at image + %llu: %llu to %llu\n", change.bits,
                     static_cast<unsigned long long>(change.at - image.heap().image()),
                     static_cast<unsigned long long>(change.old),
                     static_cast<unsigned long long>(change.value));
}

template <class Image>
int forge(std::uint64_t seed, allot::Policy policy) {
  (void)std::signal(SIGALRM, SIG_DFL);
  (void)alarm(seconds);
  Random random(seed);
  Image image({.begin = 1024, .maximum = 128 * page_bytes, .policy = policy});
  std::vector<std::uint64_t> blocks;
  live_a_little(image.heap(), random, blocks, 100);
  std::vector<Change> changes;
  for (std::uint64_t count = random.between(1, 2); count != 0; --count)
    changes.push_back(any_change(image, random, blocks));
  for (const Change& change : changes) make(image, change);
  if (image.violation() != 0) return refused;
  try {
    use(image, random);
  } catch (const std::exception& error) {
    std::fputs(error.what(), stderr);
    return failed;
  }
  return accepted;
}

// What a process of its own makes of it: how it ended, and what it said.
template <class Image>
int forge_apart(std::uint64_t seed, allot::Policy policy, std::string& said) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) return failed;
  const pid_t child = fork();
  if (child == 0) {
    (void)dup2(ends[1], STDERR_FILENO);
    _exit(forge<Image>(seed, policy));
  }
  (void)close(ends[1]);
  std::array<char, 4096> part{};
  for (ssize_t n = 0; (n = read(ends[0], part.data(), part.size())) > 0;)
    said.append(part.data(), static_cast<std::size_t>(n));
  (void)close(ends[0]);
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return failed;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

unsigned forgeries() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the tests have one thread, and nobody sets variables.
  const char* text = std::getenv("ALLOT_FORGERIES");
  return text == nullptr ? 450 : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

template <class Image>
void expect_refused_or_sound(const char* kind) {
  unsigned taken = 0;
  for (const allot::Policy policy : {allot::Policy::exact, allot::Policy::compact, allot::Policy::balanced}) {
    const std::uint64_t seed = seed_for(kind) + static_cast<std::uint64_t>(policy) * 1000003;
    for (unsigned i = 0; i < forgeries() / 3; ++i) {
      std::string said;
      const int result = forge_apart<Image>(seed + i, policy, said);
      ASSERT_TRUE(result == refused || result == accepted)
          << "policy " << static_cast<unsigned>(policy) << ", forgery " << i << " ended with " << result
          << ":\n"
          << said << "\n"
          << seed_advice();
      taken += result == accepted;
    }
  }
  // Some of what is changed means nothing, and some is nearly right; most is refused.
  EXPECT_LT(taken, forgeries() / 2) << kind;
}

TEST(ForgedImages, Inside) { expect_refused_or_sound<ForgedInside>("forged inside"); }
TEST(ForgedImages, Outside) { expect_refused_or_sound<ForgedOutside>("forged outside"); }
TEST(ForgedImages, Shared) { expect_refused_or_sound<ForgedShared>("forged shared"); }

}  // namespace
}  // namespace allot_test
