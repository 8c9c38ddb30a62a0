// Purpose: which part of a module's memory is its own, and where a heap can live beside it.
// Floor:   door host.
// Source:  the order in which LLVM's linker lays out data, stack and heap; Rust has the stack first.
#pragma once

#include <allot/host/files/wasm_module.hpp>

#include <algorithm>

namespace allot::files {

/// The number that an expression gives, if that can be told. `globals` has what is known of these.
inline std::optional<u64> evaluate(const WasmExpression& steps, std::span<const std::optional<u64>> globals) {
  std::vector<std::optional<u64>> stack;
  for (const WasmStep& step : steps) {
    if (step.kind == WasmStep::Kind::constant) {
      stack.emplace_back(step.value);
    } else if (step.kind == WasmStep::Kind::unknown) {
      stack.emplace_back(std::nullopt);
    } else if (step.kind == WasmStep::Kind::global) {
      stack.push_back(step.value < globals.size() ? globals[static_cast<std::size_t>(step.value)]
                                                  : std::nullopt);
    } else {
      if (stack.size() < 2) return std::nullopt;
      const auto right = stack.back();
      stack.pop_back();
      auto& left = stack.back();
      if (!left || !right) {
        left = std::nullopt;
        continue;
      }
      const u64 value = step.kind == WasmStep::Kind::add        ? *left + *right
                        : step.kind == WasmStep::Kind::subtract ? *left - *right
                                                                : *left * *right;
      left = step.wide ? value : value & 0xFFFFFFFFu;
    }
  }
  return stack.size() == 1 ? stack.back() : std::nullopt;
}

/// What each global begins with, as far as it can be told from the module alone.
inline std::vector<std::optional<u64>> global_values(const WasmModule& module) {
  std::vector<std::optional<u64>> values;
  values.reserve(module.globals.size());
  for (const WasmGlobal& global : module.globals)
    values.push_back(global.initial ? evaluate(*global.initial, values) : std::nullopt);
  return values;
}

/// A part of the memory that a module has for itself: addresses from `begin` up to, not including, `end`.
struct WasmRange {
  const char* what;  // "data", "stack", "data and stack"
  u64 begin;
  u64 end;
};

/// Where a heap can live in memory 0 of a module.
struct WasmRoom {
  std::vector<WasmRange> taken;
  std::optional<u64> heap_base;  // __heap_base, __data_end and the stack's top, where they can be told
  std::optional<u64> data_end;
  std::optional<u64> stack_top;
  bool is_placed =
      true;     // false: some data go where an imported global says, which is known when it is loaded
  bool is_guess = false;  // the end of what the compiler put there is not said; taken to be the memory's end
  u64 begin = 0;  // the first address for a heap, a multiple of 16
  u64 bytes_now = 0;  // from there to the end of the memory as it begins
  u64 bytes_at_most = 0;  // to the end that it may grow to
};

namespace detail {

/// The global that is the stack pointer. Compilers keep it in a global, which begins with the stack's top; a
/// release build has lost its name, but LLVM's linker makes it the first of the module's own, and LLVM takes
/// room on the stack by subtracting from it. Somebody else's counter is added to.
inline std::optional<u32> stack_pointer(const WasmModule& module) {
  if (const WasmExport* named = module.exported("__stack_pointer", WasmKind::global)) return named->index;
  if (const auto named = module.global_names.find("__stack_pointer"); named != module.global_names.end())
    return named->second;
  if (!module.global_names.empty()) return std::nullopt;
  u32 first = 0;
  while (first < module.globals.size() && module.globals[first].imported) ++first;
  if (first >= module.globals.size() || !module.globals[first].is_mutable) return std::nullopt;
  const u8 type = module.globals[first].type;
  if (type != 0x7F && type != 0x7E) return std::nullopt;
  const u8 constant = type == 0x7F ? 0x41 : 0x42;
  const u8 add = type == 0x7F ? 0x6A : 0x7C;
  const u8 subtract = type == 0x7F ? 0x6B : 0x7D;
  const auto code = module.code;
  struct Number {
    u64 value;
    bool negative;
    std::size_t end;
  };
  const auto number_at = [&](std::size_t from) -> Number {
    u64 value = 0;
    for (u32 i = 0; i < 9 && from + i < code.size(); ++i) {
      value |= u64{code[from + i] & 0x7Fu} << 7 * i;
      if (code[from + i] < 0x80) return {value, (code[from + i] & 0x40) != 0, from + i + 1};
    }
    return {~u64{0}, false, code.size()};
  };
  for (std::size_t at = 0; at + 1 < code.size(); ++at) {
    if (code[at] != 0x23) continue;
    const Number index = number_at(at + 1);
    if (index.value != first || index.end >= code.size() || code[index.end] != constant) continue;
    const Number amount = number_at(index.end + 1);
    if (amount.end < code.size() && code[amount.end] == (amount.negative ? add : subtract)) return first;
  }
  return std::nullopt;
}

}  // namespace detail

/// Finds out where a heap can live. Of data segments this is exact; of what a compiler puts behind them
/// (variables that begin as zero, and the stack) it says the most that it can be.
inline WasmRoom room_of(const WasmModule& module) {
  WasmRoom room;
  const auto values = global_values(module);
  const auto value_of = [&](u32 index) { return index < values.size() ? values[index] : std::nullopt; };
  const auto found = [&](std::string_view name) -> std::optional<u64> {
    if (const WasmExport* entry = module.exported(name, WasmKind::global)) return value_of(entry->index);
    const auto named = module.global_names.find(name);
    return named == module.global_names.end() ? std::nullopt : value_of(named->second);
  };
  for (const WasmData& segment : module.data) {
    if (segment.passive || segment.memory != 0 || segment.length == 0) continue;
    const auto begin = evaluate(segment.where, values);
    if (!begin || *begin > ~u64{0} - segment.length) {
      room.is_placed = false;
      continue;
    }
    room.taken.push_back({"data", *begin, *begin + segment.length});
  }
  std::sort(room.taken.begin(), room.taken.end(),
            [](const auto& a, const auto& b) { return a.begin < b.begin; });
  u64 last = 0;
  for (const WasmRange& range : room.taken) last = std::max(last, range.end);
  const bool has_data = !room.taken.empty();
  const u64 first = has_data ? room.taken.front().begin : 0;

  const WasmLimits limits = module.memories.empty() ? WasmLimits{} : module.memories[0].limits;
  const u64 most = limits.wide ? u64{1} << 34 : u64{1} << 32;  // what engines grant
  const auto bytes_of = [&](u64 pages) {
    return pages > most / limits.page_bytes ? most : pages * limits.page_bytes;
  };
  const u64 minimum = bytes_of(limits.minimum);
  const u64 maximum = limits.maximum ? bytes_of(*limits.maximum) : most;

  room.heap_base = found("__heap_base");
  room.data_end = found("__data_end");
  const auto pointer = detail::stack_pointer(module);
  if (pointer) room.stack_top = value_of(*pointer);
  const bool is_compiled = room.stack_top || room.heap_base || room.data_end || module.custom("producers") ||
                           module.custom("target_features");
  const auto take = [&](const char* what, u64 begin, u64 end) {
    if (end > begin) room.taken.push_back({what, begin, end});
  };
  // A position-independent module's data and stack are placed when it is loaded.
  if (is_compiled && !module.dylink) {
    const auto stated = room.heap_base ? room.heap_base : room.data_end;
    constexpr u64 default_base = 1024;  // where LLVM's linker begins, if not told otherwise
    const u64 top = room.stack_top.value_or(0);
    if (!room.stack_top) {
      // Variables may lie between and behind the segments.
      room.is_guess = !stated && has_data;
      const u64 end = std::max(last, stated ? *stated : has_data ? minimum : 0);
      if (room.is_guess || stated || has_data) {
        room.taken.clear();
        take("data", std::min(has_data ? first : found("__global_base").value_or(default_base), end), end);
      }
    } else if (has_data && top > first) {
      // Data, variables, stack: the order of LLVM's linker.
      room.taken.clear();
      const u64 end = std::max({top, last, room.heap_base.value_or(0)});
      if (!room.data_end || *room.data_end > top) {
        take("data and stack", first, end);
      } else {
        const u64 middle = std::max(last, *room.data_end);
        take("data", first, middle);
        take("stack", middle, end);
      }
    } else {
      // The stack first, as Rust has it, or no data at all.
      room.taken.clear();
      room.is_guess = !stated && has_data;
      const u64 end = std::max(last, stated ? *stated : has_data ? minimum : top);
      take("stack", 0, top);
      take("data", has_data ? first : top, end);
    }
  }
  // Not at address 0, which means "none" to programs.
  u64 begin = std::max<u64>(room.heap_base.value_or(0), granule_bytes);
  for (const WasmRange& range : room.taken) begin = std::max(begin, range.end);
  room.begin = begin > most - granule_bytes ? most : (begin + granule_bytes - 1) & ~u64{granule_bytes - 1};
  room.bytes_now = minimum > room.begin ? minimum - room.begin : 0;
  room.bytes_at_most = maximum > room.begin ? maximum - room.begin : 0;
  return room;
}

}  // namespace allot::files
