// Walks a heap from begin to top and compares what it finds with the model and the accounts.
#pragma once

#include <allot/heap/heaps.hpp>

#include <cstdint>
#include <vector>

#include "accounts.hpp"
#include "model.hpp"

namespace allot_test {

// Every block in address order. Disagrees when a block is empty or the blocks leave the heap.
template <class Heap>
std::vector<allot::Block> walk(const Heap& heap) {
  std::vector<allot::Block> blocks;
  const std::uint64_t top = heap.statistic(allot::Statistic::top);
  std::uint64_t address = heap.statistic(allot::Statistic::begin);
  while (address < top) {
    const allot::Block block = heap.block_at(address);
    if (block.address != address) disagree("block_at(", address, ") speaks of ", block.address);
    if (block.kind == allot::BlockKind::none) disagree("the walk finds no block at ", address);
    if (block.size == 0) disagree("the walk finds an empty block at ", address);
    blocks.push_back(block);
    address += block.size;
  }
  if (address != top) disagree("the last block ends at ", address, ", the heap at ", top);
  return blocks;
}

// The walk must find the model's blocks and spans, no others, and the same totals as the accounts.
template <class Heap>
void check_walk(const Heap& heap, const Model& model) {
  const Accounts accounts = read_accounts(heap);
  std::uint64_t free = 0;
  std::uint64_t metadata = 0;
  std::uint64_t reserved = 0;
  auto expected = model.blocks().begin();
  for (const allot::Block& block : walk(heap)) {
    switch (block.kind) {
      case allot::BlockKind::free: free += block.size; break;
      case allot::BlockKind::metadata: metadata += block.size; break;
      case allot::BlockKind::reserved: reserved += block.size; break;
      default:
        if (expected == model.blocks().end() || expected->first != block.address ||
            expected->second.usable != block.size) {
          disagree("the walk finds a live block at ", block.address, " of ", block.size,
                   " bytes that the model does not have");
        }
        ++expected;
    }
    const bool taken = !model.is_vacant(block.address, block.address + block.size);
    if (taken && (block.kind == allot::BlockKind::free || block.kind == allot::BlockKind::metadata)) {
      disagree("the walk calls [", block.address, ", +", block.size, ") free or metadata, but it is not");
    }
  }
  if (expected != model.blocks().end()) disagree("the walk does not find the block at ", expected->first);
  if (free != accounts.free) disagree("the walk finds ", free, " free bytes; ", accounts);
  if (metadata > accounts.metadata) disagree("the walk finds ", metadata, " metadata bytes; ", accounts);
  if (reserved < accounts.reserved) disagree("the walk finds ", reserved, " reserved bytes; ", accounts);
}

}  // namespace allot_test
