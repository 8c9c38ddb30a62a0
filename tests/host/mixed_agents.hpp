// Agents of one heap of which every second one is a host, the others native ones that trust the image: both as
// allot::SharedHeap has it, so that the tests of that (tests/native/shared/) run with them.
#pragma once

#include <allot/host.hpp>
#include <allot/memory/shared_mapping.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "../native/shared/agents.hpp"

namespace allot_test {

class MixedAgent {
  using Native = SharedTestHeap;

 public:
  using Address = std::uint32_t;

  static allot::Result<MixedAgent> create(allot::SharedMapping& memory, const allot::Options& options) {
    MixedAgent made(memory);
    if (made.is_host_) {
      allot::CreateOptions wish;
      wish.begin = options.begin;
      wish.end = options.end;
      wish.maximum = options.maximum;
      wish.quota = options.quota;
      wish.policy = options.policy;
      wish.record_sizes = options.record_sizes;
      auto heap = allot::Heap::create(memory, wish);
      if (!heap) return heap.error();
      made.host_ = heap.value();
      made.image_ = made.host_.image().value();
    } else {
      auto heap = Native::create(memory, options);
      if (!heap) return heap.error();
      made.native_ = heap.value();
      made.image_ = made.native_.image();
    }
    return made;
  }
  static allot::Result<MixedAgent> open(allot::SharedMapping& memory, std::uint64_t image) {
    MixedAgent made(memory);
    made.image_ = image;
    if (made.is_host_) {
      made.look();
    } else {
      auto heap = Native::open(memory, image);
      if (!heap) return heap.error();
      made.native_ = heap.value();
    }
    return made;
  }
  MixedAgent() = default;

  [[nodiscard]] std::uint64_t image() const { return image_; }
  allot::Result<std::uint32_t> attach() {
    if (!is_host_) return native_.attach();
    allot::AttachOptions options;
    options.image = image_;
    auto heap = allot::Heap::attach(*memory_, options);
    if (!heap) return heap.error();
    host_ = heap.value();
    return host_.agent();
  }
  // A host leaves when the last handle goes.
  allot::Error detach() {
    if (!is_host_) return native_.detach();
    look();
    return allot::Error::none;
  }
  /// It has died: what it would do at its end does not happen.
  void abandon() {
    static auto* const graves = new std::vector<allot::Heap>();
    if (!is_host_) return;
    graves->push_back(host_);
    look();
  }
  [[nodiscard]] allot::Result<std::uint32_t> agent_number() const {
    return is_host_ ? host_.agent() : native_.agent_number();
  }
  allot::Result<std::uint64_t> reap(std::uint32_t agent) {
    if (!is_host_) return native_.reap(agent);
    const allot::Error error = host_.reap(agent);
    if (error != allot::Error::none) return error;
    return std::uint64_t{0};
  }
  std::uint32_t collect() {
    if (!is_host_) return native_.collect();
    (void)host_.statistic(allot::Statistic::live_bytes);
    return 0;
  }

  allot::Result<Address> allocate(std::uint64_t size) {
    return is_host_ ? narrow(host_.allocate(size)) : native_.allocate(size);
  }
  allot::Result<Address> allocate_aligned(std::uint64_t alignment, std::uint64_t size) {
    return is_host_ ? narrow(host_.allocate_aligned(alignment, size))
                    : native_.allocate_aligned(alignment, size);
  }
  allot::Result<Address> reallocate(Address p, std::uint64_t size) {
    return is_host_ ? narrow(host_.reallocate(p, size)) : native_.reallocate(p, size);
  }
  allot::Error deallocate(Address p) { return is_host_ ? host_.deallocate(p) : native_.deallocate(p); }
  allot::Result<std::uint64_t> usable_size(Address p) const {
    return is_host_ ? host_.usable_size(p) : native_.usable_size(p);
  }

  [[nodiscard]] std::uint64_t statistic(allot::Statistic which) const {
    return is_host_ ? host_.statistic(which).value() : native_.statistic(which);
  }
  [[nodiscard]] allot::Block block_at(std::uint64_t p) const {
    return is_host_ ? host_.block_at(p).value() : native_.block_at(p);
  }
  allot::Violation validate() { return is_host_ ? host_.validate().value() : native_.validate(); }
  void merge() {
    if (is_host_)
      (void)host_.merge();
    else
      native_.merge();
  }
  allot::Error grow(std::uint64_t pages) { return is_host_ ? host_.grow(pages) : native_.grow(pages); }
  allot::Error reserve(std::uint64_t begin, std::uint64_t end) {
    return is_host_ ? host_.reserve(begin, end) : native_.reserve(begin, end);
  }
  allot::Error unreserve(std::uint64_t begin) {
    return is_host_ ? host_.unreserve(begin) : native_.unreserve(begin);
  }
  allot::Error set_quota(std::uint64_t bytes) {
    return is_host_ ? host_.set_quota(bytes) : native_.set_quota(bytes);
  }

 private:
  /// What a native one can do that is no agent.
  void look() {
    allot::AttachOptions options;
    options.image = image_;
    options.join = false;
    host_ = allot::Heap::attach(*memory_, options).value();
  }
  explicit MixedAgent(allot::SharedMapping& memory) : memory_(&memory) {
    static std::atomic<unsigned> made = 0;
    is_host_ = made++ % 2 == 0;
  }
  static allot::Result<Address> narrow(const allot::Result<std::uint64_t>& address) {
    if (!address) return address.error();
    return static_cast<Address>(address.value());
  }

  allot::SharedMapping* memory_ = nullptr;
  std::uint64_t image_ = 0;
  bool is_host_ = false;
  mutable allot::Heap host_;
  Native native_;
};

}  // namespace allot_test
