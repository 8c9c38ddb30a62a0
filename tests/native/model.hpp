// The independent model: what any heap must do, said in the simplest way, sharing no code with the
// heap. It knows which ranges are live and what was asked for them, which spans are reserved, and
// what the accounts must say. It never looks at the heap's records.
//
// A Disagreement is thrown where heap and model part ways, so that GoogleTest, rapidcheck and
// libFuzzer can all stop at it.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace allot_test {

struct Disagreement : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Throws a Disagreement made of the arguments, written one after the other.
template <class... Parts>
[[noreturn]] void disagree(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  throw Disagreement(text.str());
}

struct LiveBlock {
  std::uint64_t usable = 0;     // bytes, as the heap says
  std::uint64_t requested = 0;  // bytes, as the caller said
  std::uint64_t mark = 0;       // of the pattern in it (pattern.hpp)
};

class Model {
 public:
  using Blocks = std::map<std::uint64_t, LiveBlock>;
  using Spans = std::map<std::uint64_t, std::uint64_t>;  // begin → end

  static constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

  // A block that the heap has just handed out. Disagrees when it overlaps anything.
  void add(std::uint64_t address, const LiveBlock& block) {
    expect_vacant(address, address + block.usable);
    blocks_.emplace(address, block);
    places_.emplace(address, order_.size());
    order_.push_back(address);
    live_bytes_ += block.usable;
    if (live_bytes_ > peak_) peak_ = live_bytes_;
  }

  LiveBlock remove(std::uint64_t address) {
    const auto found = blocks_.find(address);
    if (found == blocks_.end()) disagree("the test frees a block the model does not have");
    const LiveBlock block = found->second;
    blocks_.erase(found);
    forget_place(address);
    live_bytes_ -= block.usable;
    return block;
  }

  // The block that starts at the address, or null.
  [[nodiscard]] const LiveBlock* at(std::uint64_t address) const {
    const auto found = blocks_.find(address);
    return found == blocks_.end() ? nullptr : &found->second;
  }

  // The start of the live block that holds the address, or `unlimited` when none does.
  [[nodiscard]] std::uint64_t holder(std::uint64_t address) const {
    auto after = blocks_.upper_bound(address);
    if (after == blocks_.begin()) return unlimited;
    --after;
    return address - after->first < after->second.usable ? after->first : unlimited;
  }

  // One of the live blocks, chosen by any number; there must be one. The choice depends on the
  // operations alone, not on addresses, so the same script means the same for every heap.
  [[nodiscard]] std::uint64_t pick(std::uint64_t number) const { return order_[number % order_.size()]; }

  void reserve(std::uint64_t begin, std::uint64_t end) {
    expect_vacant(begin, end);
    spans_.emplace(begin, end);
  }

  void unreserve(std::uint64_t begin) { spans_.erase(begin); }

  [[nodiscard]] bool is_reserved(std::uint64_t address) const {
    auto after = spans_.upper_bound(address);
    if (after == spans_.begin()) return false;
    return address < (--after)->second;
  }

  // Whether a live block or a reserved span lies in [begin, end), even in part.
  [[nodiscard]] bool is_vacant(std::uint64_t begin, std::uint64_t end) const {
    const auto block = blocks_.lower_bound(end);
    if (block != blocks_.begin()) {
      const auto before = std::prev(block);
      if (before->first + before->second.usable > begin) return false;
    }
    const auto span = spans_.lower_bound(end);
    return span == spans_.begin() || std::prev(span)->second <= begin;
  }

  // A reallocation that moves may hold both blocks for a moment; a heap may count that as its peak.
  void allow_peak(std::uint64_t bytes, std::uint64_t claimed) {
    if (claimed == bytes && bytes > peak_) peak_ = bytes;
  }

  [[nodiscard]] const Blocks& blocks() const { return blocks_; }
  [[nodiscard]] const Spans& spans() const { return spans_; }
  [[nodiscard]] bool empty() const { return blocks_.empty(); }
  [[nodiscard]] std::uint64_t live_blocks() const { return blocks_.size(); }
  [[nodiscard]] std::uint64_t live_bytes() const { return live_bytes_; }
  [[nodiscard]] std::uint64_t peak_bytes() const { return peak_; }

  std::uint64_t quota = unlimited;  // bytes that may be live

 private:
  void expect_vacant(std::uint64_t begin, std::uint64_t end) const {
    if (is_vacant(begin, end)) return;
    disagree("[", begin, ", ", end, ") overlaps a live block or a reserved span");
  }

  void forget_place(std::uint64_t address) {
    const auto place = places_.find(address);
    const std::uint64_t last = order_.back();
    order_[place->second] = last;
    places_[last] = place->second;
    order_.pop_back();
    places_.erase(address);
  }

  Blocks blocks_;
  Spans spans_;
  std::vector<std::uint64_t> order_;              // live addresses, in no particular order
  std::map<std::uint64_t, std::size_t> places_;  // address → its index in order_
  std::uint64_t live_bytes_ = 0;
  std::uint64_t peak_ = 0;
};

}  // namespace allot_test
