// Purpose: who gives a block back: one owner, the last of several, or the death of a host object.
// Floor:   door host.
#pragma once

#include <allot/host/span.hpp>
#include <allot/host/state.hpp>

#include <memory>

namespace allot {

/// A block that goes when this does, as std::unique_ptr's object does. It must not outlive the adapter of a
/// memory that was given by reference.
class unique_block {
 public:
  unique_block() = default;
  unique_block(host::Keep keep, u64 bytes) : keep_(std::move(keep)), bytes_(bytes) {}
  unique_block(unique_block&& other) noexcept
      : keep_(std::move(other.keep_)), bytes_(std::exchange(other.bytes_, 0)) {}
  unique_block& operator=(unique_block&& other) noexcept {
    keep_ = std::move(other.keep_);
    bytes_ = std::exchange(other.bytes_, 0);
    return *this;
  }

  explicit operator bool() const { return keep_.is_owner(); }
  [[nodiscard]] u64 address() const { return keep_.address(); }
  /// As many bytes as were asked for.
  [[nodiscard]] u64 size() const { return bytes_; }
  /// Its bytes. Error: freed_block, out_of_bounds.
  [[nodiscard]] Result<CheckedSpan<u8>> span() const {
    if (!keep_.is_owner()) return host_error::freed_block;
    CheckedSpan<u8> found(keep_.state(), address(), bytes_);
    if (found.is_stale()) return host_error::out_of_bounds;
    return found;
  }
  /// Gives the block back now.
  Error free() {
    bytes_ = 0;
    return keep_.free();
  }
  /// Keeps it no more, for instance because the guest is going to free it. Returns its address.
  u64 release() {
    bytes_ = 0;
    return keep_.release();
  }

 private:
  host::Keep keep_;
  u64 bytes_ = 0;
};

/// A block that goes when the last copy of this does.
class shared_block {
 public:
  shared_block() = default;
  shared_block(unique_block&& block)  // NOLINT(google-explicit-constructor): as std::shared_ptr
      : block_(std::make_shared<unique_block>(std::move(block))) {}

  explicit operator bool() const { return block_ && *block_; }
  [[nodiscard]] u64 address() const { return block_ ? block_->address() : 0; }
  [[nodiscard]] u64 size() const { return block_ ? block_->size() : 0; }
  [[nodiscard]] Result<CheckedSpan<u8>> span() const {
    return block_ ? block_->span() : Result<CheckedSpan<u8>>(host_error::freed_block);
  }
  [[nodiscard]] long use_count() const { return block_.use_count(); }

 private:
  friend class weak_block;
  std::shared_ptr<unique_block> block_;
};

/// Knows whether a shared block is still there, without keeping it.
class weak_block {
 public:
  weak_block() = default;
  weak_block(const shared_block& block) : block_(block.block_) {}  // NOLINT(google-explicit-constructor)
  [[nodiscard]] bool expired() const { return block_.expired(); }
  /// The block, kept; an empty one when it is gone.
  [[nodiscard]] shared_block lock() const {
    shared_block found;
    found.block_ = block_.lock();
    return found;
  }

 private:
  std::weak_ptr<unique_block> block_;
};

/// The block goes when the token's object does. Error: freed_block, when the object is gone already, or was moved from;
/// the block stays the caller's then.
inline Error tie(unique_block&& block, const WeakToken& token) {
  if (token.expired()) return host_error::freed_block;
  const auto kept = std::make_shared<unique_block>(std::move(block));
  token.at_end([kept] { (void)kept->free(); });
  return Error::none;
}

}  // namespace allot
