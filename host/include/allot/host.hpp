// Purpose: allot for programs that run WebAssembly: everything but the adapters that need an engine's header.
// Floor:   door host.
//
//   #include <allot/host.hpp>
//   #include <allot/host/memories/wasm2c.hpp>      or wabt.hpp, wasm_c.hpp, v8.hpp
//
//   auto heap = allot::Heap::attach(allot::wasm2c_memory(w2c_guest_memory(&guest))).value();
//   allot::Ref<int32_t> counter = heap.make<int32_t>(42).value();
#pragma once

#include <allot/host/heap.hpp>
#include <allot/host/imports.hpp>
#include <allot/host/pmr.hpp>
#include <allot/host/snapshot.hpp>
#include <allot/memory/buffer.hpp>
#include <allot/memory/reserved.hpp>
