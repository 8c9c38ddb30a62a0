// Purpose: the exports that make and find images inside the memory that the module imports.
// Floor:   abi.
#pragma once

allot_result allot_create(allot_address, allot_address begin, allot_address end, allot_address maximum,
                          uint32_t policy, uint32_t flags) {
  const u64 image = ModuleHeap::first_usable(begin);
  ModuleHeap& heap = heap_at(static_cast<ModuleAddress>(image));
  const Error error = heap.initialize_raw(begin, end, maximum, 0, policy, flags & ALLOT_RECORD_SIZES);
  return error == Error::none ? static_cast<allot_result>(image) : failure(error);
}

allot_result allot_find(allot_address from) {
  const u64 end = WasmMemory().bytes();
  for (u64 at = round_up(from, granule_bytes); at + sizeof(Header) <= end; at += granule_bytes) {
    if (load<u64>(static_cast<uintptr_t>(at)) != image_magic) continue;
    // A copy of an image, or text that looks like one, does not know its own address.
    if (load<u64>(static_cast<uintptr_t>(at) + offsetof(Header, self)) == at)
      return static_cast<allot_result>(at);
  }
  return failure(Error::not_a_heap);
}
