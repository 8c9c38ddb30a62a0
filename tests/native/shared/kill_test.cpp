// Processes that share a heap through mmap are ended by SIGKILL at random moments. Each time the parent reaps the
// dead one and starts another. Nothing may be lost but what the dead one held or was just doing, and nobody may
// have to wait for a dead one's lock longer than it takes to reap it.
//
// ALLOT_KILLS says how many; 300 in the normal run.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "agents.hpp"

namespace allot_test {
namespace {

constexpr std::size_t slots = 200;
constexpr std::size_t held_at_most = 64;
constexpr std::size_t children = 3;

/// What a process says of itself where the parent can read it after its death. A block is its address and its
/// length; its contents follow from the address.
struct Diary {
  std::atomic<std::uint64_t> held[held_at_most];
  std::atomic<std::uint64_t> busy;  // 1 + the place in `held` that is being changed
  std::atomic<std::uint64_t> operations;
  std::atomic<std::uint64_t> failures;
};
/// In a mapping of its own, beside the heap.
struct Board {
  std::atomic<std::uint64_t> slot[slots];  // blocks that change hands
  std::atomic<std::uint64_t> stop;
  Diary diary[children];
};

std::uint64_t packed(std::uint64_t address, std::uint64_t usable) { return address << 32 | usable; }
std::uint64_t address_of(std::uint64_t block) { return block >> 32; }
std::uint64_t usable_of(std::uint64_t block) { return block & 0xFFFFFFFF; }

class Child {
 public:
  Child(allot::SharedMapping& memory, SharedTestHeap& heap, Board& board, Diary& diary, std::uint64_t seed)
      : memory_(memory), heap_(heap), board_(board), diary_(diary), random_(seed) {}

  void run() {
    while (board_.stop.load() == 0) {
      operation();
      diary_.operations.fetch_add(1);
    }
    for (std::size_t i = 0; i < held_at_most; ++i)
      if (diary_.held[i].load() != 0) free(i);
    if (heap_.detach() != allot::Error::none) diary_.failures.fetch_add(1);
  }

 private:
  void operation() {
    const std::size_t i = random_.below(held_at_most);
    const std::uint64_t dice = random_.below(100);
    diary_.busy.store(i + 1);
    if (dice < 3) {
      heap_.merge();
    } else if (dice < 30) {
      diary_.held[i].store(board_.slot[random_.below(slots)].exchange(diary_.held[i].load()));
    } else if (diary_.held[i].load() == 0) {
      allocate(i);
    } else if (dice < 45) {
      reallocate(i);
    } else {
      free(i);
    }
    diary_.busy.store(0);
  }
  std::uint64_t some_size() { return random_.one_in(40) ? random_.log_uniform(18) : random_.log_uniform(11); }

  void keep(std::size_t i, std::uint64_t address) {
    const std::uint64_t usable = heap_.usable_size(static_cast<std::uint32_t>(address)).value();
    write_pattern(memory_.base() + address, usable, address);
    diary_.held[i].store(packed(address, usable));
  }
  void allocate(std::size_t i) {
    const auto block = heap_.allocate(some_size());
    if (block) return keep(i, block.value());
    if (block.error() != allot::Error::out_of_memory) diary_.failures.fetch_add(1);
  }
  void free(std::size_t i) {
    const std::uint64_t block = diary_.held[i].load();
    if (first_difference(memory_.base() + address_of(block), usable_of(block), address_of(block)) !=
        usable_of(block))
      diary_.failures.fetch_add(1);
    if (heap_.deallocate(static_cast<std::uint32_t>(address_of(block))) != allot::Error::none)
      diary_.failures.fetch_add(1);
    diary_.held[i].store(0);
  }
  void reallocate(std::size_t i) {
    const std::uint64_t block = diary_.held[i].load();
    const auto moved = heap_.reallocate(static_cast<std::uint32_t>(address_of(block)), some_size());
    if (moved) keep(i, moved.value());
  }

  allot::SharedMapping& memory_;
  SharedTestHeap& heap_;
  Board& board_;
  Diary& diary_;
  Random random_;
};

class Family {
 public:
  explicit Family(std::uint64_t seed)
      : random_(seed),
        memory_(allot::page_bytes, 600 * allot::page_bytes),
        heap_(SharedTestHeap::create(memory_).value()),
        board_(*static_cast<Board*>(
            mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
    // A child may hold the lock while the machine does something else.
    if (heap_.set_may_block(true) != allot::Error::none) disagree("may not wait");
  }
  ~Family() { munmap(&board_, sizeof(Board)); }
  Family(const Family&) = delete;
  Family& operator=(const Family&) = delete;

  /// Kills so many, then lets the others come to their end and looks at everything.
  void generation(int kills) {
    board_.stop.store(0);
    std::uint64_t may_be_lost = 0;
    std::map<std::uint64_t, std::uint64_t> left_behind;
    for (std::size_t i = 0; i < children; ++i) start(i);
    for (int kill_number = 0; kill_number < kills; ++kill_number) {
      usleep(static_cast<useconds_t>(random_.below(1500)));
      const std::size_t i = random_.below(children);
      kill(process_[i], SIGKILL);
      waitpid(process_[i], nullptr, 0);
      if (!heap_.reap(number_[i])) disagree("reap is refused");
      Diary& diary = board_.diary[i];
      const std::uint64_t busy = diary.busy.load();
      for (std::size_t at = 0; at < held_at_most; ++at) {
        const std::uint64_t block = diary.held[at].load();
        // What it was just doing may be half done: that block may be live or not, or somebody else's.
        if (block != 0 && at + 1 != busy) left_behind[address_of(block)] = usable_of(block);
      }
      may_be_lost += busy != 0;
      note_failures(diary);
      start(i);
    }
    board_.stop.store(1);
    for (std::size_t i = 0; i < children; ++i) {
      waitpid(process_[i], nullptr, 0);
      note_failures(board_.diary[i]);
    }
    look(left_behind, may_be_lost);
  }

 private:
  void note_failures(const Diary& diary) {
    if (diary.failures.load() != 0) disagree("a process found ", diary.failures.load(), " faults");
  }

  void start(std::size_t i) {
    SharedTestHeap heap = SharedTestHeap::open(memory_, heap_.image()).value();
    // The parent knows which agent its child is, from the beginning.
    const auto number = heap.attach();
    if (!number) disagree("attach: ", allot::name_of(number.error()));
    number_[i] = number.value();
    Diary& diary = board_.diary[i];
    for (auto& held : diary.held) held.store(0);
    diary.busy.store(0);
    diary.failures.store(0);
    const std::uint64_t seed = random_.next();
    process_[i] = fork();
    if (process_[i] == 0) {
      Child(memory_, heap, board_, diary, seed).run();
      _exit(0);
    }
  }

  void look(std::map<std::uint64_t, std::uint64_t> left_behind, std::uint64_t may_be_lost) {
    const allot::Violation violation = heap_.validate();
    if (violation)
      disagree("validate() finds invariant ", violation.number, " broken at ", violation.address);
    // Take over what is left, and collect what was freed there.
    std::vector<SharedTestHeap> late;
    for (std::size_t i = 0; i < 2 * children; ++i) {
      late.push_back(SharedTestHeap::open(memory_, heap_.image()).value());
      if (!late.back().attach()) disagree("attach is refused");
      late.back().collect();
    }
    heap_.collect();
    for (auto& slot : board_.slot) {
      const std::uint64_t block = slot.exchange(0);
      if (block != 0) left_behind[address_of(block)] = usable_of(block);
    }
    std::uint64_t unknown = 0;
    std::vector<std::uint64_t> found;
    for (const allot::Block& block : walk(heap_)) {
      if (block.kind != allot::BlockKind::live) continue;
      found.push_back(block.address);
      const auto known = left_behind.find(block.address);
      if (known == left_behind.end()) {
        ++unknown;
        continue;
      }
      if (known->second == block.size &&
          first_difference(memory_.base() + block.address, block.size, block.address) != block.size)
        disagree("the block at ", block.address, " has changed");
      left_behind.erase(known);
    }
    if (!left_behind.empty()) disagree("the block at ", left_behind.begin()->first, " is gone");
    if (unknown > may_be_lost) disagree(unknown, " blocks are lost, ", may_be_lost, " were being changed");
    for (const std::uint64_t address : found)
      if (heap_.deallocate(static_cast<std::uint32_t>(address)) != allot::Error::none)
        disagree("free is refused");
    for (SharedTestHeap& heap : late) {
      heap.collect();
      if (heap.detach() != allot::Error::none) disagree("detach is refused");
    }
    if (heap_.statistic(allot::Statistic::live_bytes) != 0) disagree("bytes are live when all were freed");
    const allot::Violation later = heap_.validate();
    if (later) disagree("later, invariant ", later.number, " is broken at ", later.address);
  }

  Random random_;
  allot::SharedMapping memory_;
  SharedTestHeap heap_;
  Board& board_;
  pid_t process_[children]{};
  std::uint32_t number_[children]{};
};

TEST(KillTest, ProcessesAtRandomMoments) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody sets variables.
  const char* const wanted = std::getenv("ALLOT_KILLS");
  const int kills = wanted == nullptr ? 300 : std::atoi(wanted);
  Family family(seed_for("kill"));
  try {
    for (int done = 0; done < kills; done += 30) family.generation(30);
  } catch (const Disagreement& found) {
    FAIL() << found.what() << '\n' << seed_advice();
  }
}

}  // namespace
}  // namespace allot_test
