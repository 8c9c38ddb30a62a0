// Purpose: what a heap needs of whoever hands out the blocks: the core over an image, or the guest's own
//          functions.
// Floor:   door host.
#pragma once

#include <allot/heap/heap.hpp>
#include <allot/host/memory.hpp>
#include <allot/host/options.hpp>

#include <span>
#include <vector>

namespace allot {

/// An agent of a heap that several use.
struct AgentStatus {
  u32 id = 0;
  /// Whether its thread has ended and its blocks have stayed: they go to whoever needs memory next.
  bool is_orphan = false;
  u32 pages = 0;  // that it owns
  u64 live_bytes = 0;  // in its pages, whoever allocated them
};

/// In the place of an agent's number for reap(): one that ended while it was attaching, when it had none yet.
inline constexpr u32 joining_agent = attaching_agent;

}  // namespace allot

namespace allot::host {

/// Addresses and sizes are 64-bit numbers of any value, checked by the implementation. What one cannot do is
/// refused with unsupported_operation.
class Allocator {
 public:
  Allocator() = default;
  Allocator(const Allocator&) = delete;
  Allocator& operator=(const Allocator&) = delete;
  virtual ~Allocator() = default;

  virtual Result<u64> allocate(u64 size) = 0;
  virtual Error deallocate(u64 address) = 0;
  virtual Result<u64> reallocate(u64 address, u64 size) = 0;
  virtual Result<u64> allocate_zeroed(u64 count, u64 size) = 0;
  virtual Result<u64> allocate_aligned(u64 alignment, u64 size) = 0;

  virtual Result<u64> usable_size(u64) { return host_error::unsupported_operation; }
  virtual Result<u64> requested_size(u64) { return host_error::unsupported_operation; }
  virtual Result<u64> statistic(Statistic) { return host_error::unsupported_operation; }
  virtual Result<Block> block_at(u64) { return host_error::unsupported_operation; }
  /// The block that covers an address, wherever it begins.
  virtual Result<Block> block_around(u64) { return host_error::unsupported_operation; }
  virtual Result<Violation> validate() { return host_error::unsupported_operation; }
  virtual Error relocate(u64, u64) { return host_error::unsupported_operation; }
  virtual Error reserve(u64, u64) { return host_error::unsupported_operation; }
  virtual Error unreserve(u64) { return host_error::unsupported_operation; }
  virtual Error grow(u64) { return host_error::unsupported_operation; }
  virtual Result<u64> trim() { return host_error::unsupported_operation; }
  virtual Error merge() { return host_error::unsupported_operation; }
  virtual Error set_maximum(u64) { return host_error::unsupported_operation; }
  virtual Error set_quota(u64) { return host_error::unsupported_operation; }

  // Of an image that several agents use at once.
  [[nodiscard]] virtual bool is_shared() const { return false; }
  virtual Result<u32> agent() { return host_error::unsupported_operation; }
  virtual Result<std::vector<AgentStatus>> agents() { return host_error::unsupported_operation; }
  virtual Error reap(u32) { return host_error::unsupported_operation; }

  /// Where the image lies: in the memory, or in the records' own.
  [[nodiscard]] virtual Result<u64> image() const { return host_error::unsupported_operation; }
  [[nodiscard]] virtual bool image_is_inside() const { return false; }
  /// The records' own memory, of an image outside.
  [[nodiscard]] virtual std::span<const u8> records() { return {}; }
  [[nodiscard]] virtual AddressType address_type() const { return AddressType::i32; }
};

/// Of a heap whose memory is gone: every operation is no_memory.
class NoAllocator final : public Allocator {
 public:
  Result<u64> allocate(u64) override { return host_error::no_memory; }
  Error deallocate(u64) override { return host_error::no_memory; }
  Result<u64> reallocate(u64, u64) override { return host_error::no_memory; }
  Result<u64> allocate_zeroed(u64, u64) override { return host_error::no_memory; }
  Result<u64> allocate_aligned(u64, u64) override { return host_error::no_memory; }

  Result<u64> usable_size(u64) override { return host_error::no_memory; }
  Result<u64> requested_size(u64) override { return host_error::no_memory; }
  Result<u64> statistic(Statistic) override { return host_error::no_memory; }
  Result<Block> block_at(u64) override { return host_error::no_memory; }
  Result<Block> block_around(u64) override { return host_error::no_memory; }
  Result<Violation> validate() override { return host_error::no_memory; }
  Error relocate(u64, u64) override { return host_error::no_memory; }
  Error reserve(u64, u64) override { return host_error::no_memory; }
  Error unreserve(u64) override { return host_error::no_memory; }
  Error grow(u64) override { return host_error::no_memory; }
  Result<u64> trim() override { return host_error::no_memory; }
  Error merge() override { return host_error::no_memory; }
  Error set_maximum(u64) override { return host_error::no_memory; }
  Error set_quota(u64) override { return host_error::no_memory; }

  Result<u32> agent() override { return host_error::no_memory; }
  Result<std::vector<AgentStatus>> agents() override { return host_error::no_memory; }
  Error reap(u32) override { return host_error::no_memory; }
  [[nodiscard]] Result<u64> image() const override { return host_error::no_memory; }
};

}  // namespace allot::host
