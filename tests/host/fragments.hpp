// What the examples of docs/host.md run in: each gets a new heap, and must leave it sound and empty.
#pragma once

#include <allot/host.hpp>
#include <allot/memory/shared_mapping.hpp>

#include <cstdio>
#include <cstdlib>
#include <memory_resource>
#include <string>
#include <thread>
#include <vector>

inline void run(void (*example)(allot::Heap&), int number) {
  allot::ReservedMemory memory(allot::page_bytes, 200 * allot::page_bytes);
  allot::Heap heap = allot::Heap::create(memory).value();
  example(heap);
  const bool is_sound = !heap.validate().value();
  const bool is_empty = heap.statistic(allot::Statistic::live_blocks).value() == 0;
  std::printf("example %d: %s, %s\n", number, is_sound ? "sound" : "BROKEN", is_empty ? "empty" : "LEFT");
  if (!is_sound || !is_empty) std::exit(1);
}
