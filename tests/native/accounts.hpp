// The heap's O(1) statistics at one moment, so that before and after can be compared.
#pragma once

#include <allot/heap/heaps.hpp>

#include <cstdint>
#include <ostream>

namespace allot_test {

struct Accounts {
  std::uint64_t managed, live, free, metadata, reserved, blocks, peak, quota, maximum, begin, top, grows;

  friend bool operator==(const Accounts&, const Accounts&) = default;
};

template <class Heap>
Accounts read_accounts(const Heap& heap) {
  using allot::Statistic;
  const auto read = [&heap](Statistic which) { return static_cast<std::uint64_t>(heap.statistic(which)); };
  return {read(Statistic::managed_bytes),
          read(Statistic::live_bytes),
          read(Statistic::free_bytes),
          read(Statistic::metadata_bytes),
          read(Statistic::reserved_bytes),
          read(Statistic::live_blocks),
          read(Statistic::peak_bytes),
          read(Statistic::quota_bytes),
          read(Statistic::maximum_bytes),
          read(Statistic::begin),
          read(Statistic::top),
          read(Statistic::grow_count)};
}

inline std::ostream& operator<<(std::ostream& out, const Accounts& of) {
  return out << "{managed " << of.managed << ", live " << of.live << ", free " << of.free << ", metadata "
             << of.metadata << ", reserved " << of.reserved << ", blocks " << of.blocks << ", peak "
             << of.peak << ", quota " << of.quota << ", maximum " << of.maximum << ", begin " << of.begin
             << ", top " << of.top << ", grows " << of.grows << '}';
}

}  // namespace allot_test
