// Purpose: the bodies of all exports, over whichever heap the including module defines.
// Floor:   abi.
//
// A module over somebody else's memory has no stack there, no data and no start function: everything
// below passes scalars only. tests/wasm checks the modules for it.
#pragma once

#include <allot/abi.h>
#include <allot/heap/heap.hpp>

// NOLINTBEGIN(bugprone-macro-parentheses): a declaration, not an expression
#define ALLOT_EXPORT(result, name, parameters) \
  extern "C" __attribute__((export_name(#name))) result name parameters;
#include "../exports.def"
#undef ALLOT_EXPORT
// NOLINTEND(bugprone-macro-parentheses)

namespace allot::modules {

constexpr allot_result failure(Error error) { return static_cast<allot_result>(error) << 4 | 15; }
constexpr allot_status status(Error error) { return static_cast<allot_status>(error); }
constexpr double negative(Error error) { return -static_cast<double>(static_cast<u32>(error)); }
constexpr u64 bytes_of(double bytes) {
  return bytes > 0 && bytes < 18446744073709551616.0 ? static_cast<u64>(bytes) : 0;
}

/// A number of a shared heap's, or why there is none.
template <class T>
double number(const Result<T>& result) {
  return result ? static_cast<double>(result.value()) : negative(result.error());
}

/// Makes a heap's memory longer. Returns how many pages it had before, or why it has not become longer.
template <class H>
double grown(H& heap, u64 pages) {
  if constexpr (requires { heap.grow_from(pages); }) {
    // Asked while nobody else makes it longer.
    const u64 before = heap.grow_from(pages);
    return before >> 32 == 0 ? static_cast<double>(before) : negative(static_cast<Error>(~before));
  } else {
    const u64 before = heap.memory_bytes() >> page_shift;
    const Error error = heap.grow(pages);
    return error == Error::none ? static_cast<double>(before) : negative(error);
  }
}

template <class H>
allot_result result(const H& heap, Granule g) {
  if (H::failed(g)) [[unlikely]]
    return failure(H::error_of(g));
  return heap.address(g);
}

}  // namespace allot::modules

// `heap_at(handle)` and `module_create(...)` come from the including module.
using namespace allot;
using namespace allot::modules;

uint32_t allot_abi_version(void) { return ALLOT_ABI_VERSION; }

allot_status allot_check(allot_address heap) { return status(heap_at(heap).check()); }

allot_result allot_malloc(allot_address heap, allot_size size) {
  auto& h = heap_at(heap);
  return result(h, h.allocate_raw(size));
}

allot_result allot_calloc(allot_address heap, allot_size count, allot_size size) {
  auto& h = heap_at(heap);
  return result(h, h.allocate_zeroed_raw(count, size));
}

allot_result allot_realloc(allot_address heap, allot_address address, allot_size size) {
  auto& h = heap_at(heap);
  if (zero_is_null && address == 0) return result(h, h.allocate_sized(size));
  return result(h, h.reallocate_raw(static_cast<ModuleAddress>(address), size));
}

allot_result allot_aligned_alloc(allot_address heap, allot_size alignment, allot_size size) {
  auto& h = heap_at(heap);
  return result(h, h.allocate_aligned_raw(alignment, size));
}

allot_status allot_free(allot_address heap, allot_address address) {
  if (zero_is_null && address == 0) return 0;
  return status(heap_at(heap).deallocate(static_cast<ModuleAddress>(address)));
}

allot_status allot_relocate(allot_address heap, allot_address from, allot_address to) {
  return status(heap_at(heap).relocate(static_cast<ModuleAddress>(from), static_cast<ModuleAddress>(to)));
}

double allot_usable_size(allot_address heap, allot_address address) {
  const auto& h = heap_at(heap);
  const Granule g = h.live_block_raw(static_cast<ModuleAddress>(address));
  return h.failed(g) ? negative(h.error_of(g)) : static_cast<double>(h.usable_raw(g));
}

double allot_requested_size(allot_address heap, allot_address address) {
  const auto& h = heap_at(heap);
  const Granule g = h.live_block_raw(static_cast<ModuleAddress>(address));
  if (h.failed(g)) return negative(h.error_of(g));
  return h.records_requested() ? static_cast<double>(h.requested_raw(g)) : negative(Error::not_recorded);
}

uint32_t allot_block_kind(allot_address heap, allot_address address) {
  return static_cast<uint32_t>(heap_at(heap).block_kind(address));
}

double allot_block_size(allot_address heap, allot_address address) {
  const auto& h = heap_at(heap);
  const u64 size = h.block_size(address);
  return size != 0 ? static_cast<double>(size) : negative(Error::foreign_address);
}

double allot_stat(allot_address heap, uint32_t which) {
  return static_cast<double>(heap_at(heap).statistic(static_cast<Statistic>(which)));
}

uint32_t allot_validate(allot_address heap) { return heap_at(heap).validate_raw(); }

allot_status allot_reserve(allot_address heap, allot_address begin, allot_address end) {
  return status(heap_at(heap).reserve(begin, end));
}

allot_status allot_unreserve(allot_address heap, allot_address begin) {
  return status(heap_at(heap).unreserve(begin));
}

double allot_grow(allot_address heap, uint32_t pages) { return grown(heap_at(heap), pages); }

uint32_t allot_trim(allot_address heap) { return static_cast<uint32_t>(heap_at(heap).trim()); }

allot_status allot_set_maximum(allot_address heap, double bytes) {
  return status(heap_at(heap).set_maximum(bytes_of(bytes)));
}

allot_status allot_set_quota(allot_address heap, double bytes) {
  return status(heap_at(heap).set_quota(bytes_of(bytes)));
}

void allot_merge(allot_address heap) { heap_at(heap).merge(); }
