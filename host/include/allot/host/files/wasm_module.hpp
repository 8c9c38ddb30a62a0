// Purpose: what is kept of a WebAssembly module that was read.
// Floor:   door host.
// Source:  WebAssembly Core Specification 3.0, section 5.5; tool conventions, DynamicLinking.md (dylink.0).
#pragma once

#include <allot/base/types.hpp>

#include <array>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace allot::files {

/// What imports and exports can be, by the numbers that a module gives them.
enum class WasmKind : u8 { function = 0, table = 1, memory = 2, global = 3, tag = 4 };
constexpr const char* name_of(WasmKind kind) {
  constexpr const char* names[] = {"function", "table", "memory", "global", "tag"};
  return names[static_cast<u8>(kind)];
}

/// The length of a memory or table, and how far it may grow.
struct WasmLimits {
  u64 minimum = 0;
  std::optional<u64> maximum;
  bool shared = false;
  bool wide = false;           // 64-bit addresses
  u64 page_bytes = 65536;      // a module may choose pages of one byte
};

/// One instruction of a constant expression.
struct WasmStep {
  enum class Kind : u8 { constant, unknown, global, add, subtract, multiply };
  Kind kind = Kind::unknown;
  bool wide = false;  // of an i64
  u64 value = 0;      // of the constant, or the number of the global
};
using WasmExpression = std::vector<WasmStep>;

/// The type of a function: value types, by their bytes in a module.
struct WasmFunctionType {
  std::span<const u8> parameters;
  std::span<const u8> results;
};

struct WasmImport {
  std::string_view module;
  std::string_view name;
  WasmKind kind = WasmKind::function;
  u32 index = 0;  // among all of its kind
};

struct WasmExport {
  std::string_view name;
  WasmKind kind = WasmKind::function;
  u32 index = 0;
};

struct WasmMemory {
  WasmLimits limits;
  bool imported = false;
};

struct WasmGlobal {
  u8 type = 0;  // the byte of its value type: 0x7F i32, 0x7E i64 …
  bool is_mutable = false;
  bool imported = false;
  std::optional<WasmExpression> initial;  // of one of the module's own, as far as it is understood
};

/// Bytes that are put into a memory when the module is instantiated, or later (passive).
struct WasmData {
  bool passive = false;
  u32 memory = 0;
  WasmExpression where;
  u64 length = 0;
  u64 offset = 0;  // of its bytes in the file
};

struct WasmCustom {
  std::string_view name;
  u64 offset = 0;  // of its bytes in the file
  std::span<const u8> bytes;
};

/// What a position-independent module needs; sizes in bytes and table slots.
struct WasmDylink {
  u64 memory_bytes = 0;
  u64 memory_alignment = 1;
  u64 table_slots = 0;
  u64 table_alignment = 1;
  std::vector<std::string_view> needed;  // modules that are to be loaded before it
};

/// A module, as far as it was read. It refers to the file's bytes.
struct WasmModule {
  std::span<const u8> file;
  std::string_view name;                     // what it calls itself, if it does
  std::vector<WasmFunctionType> types;       // up to the first of a kind that this version does not know
  std::vector<u32> functions;                // the number of each function's type, imported ones first
  std::vector<WasmImport> imports;
  std::vector<WasmMemory> memories;          // imported ones first, as with the others
  std::vector<WasmLimits> tables;
  std::vector<WasmGlobal> globals;
  std::vector<WasmExport> exports;
  std::vector<WasmData> data;
  std::optional<u32> start;                  // the function that runs when it is instantiated
  std::span<const u8> code;
  std::vector<WasmCustom> customs;
  std::map<std::string_view, u32> global_names;  // from the section `name`
  std::optional<WasmDylink> dylink;

  const WasmCustom* custom(std::string_view wanted) const {
    for (const WasmCustom& section : customs)
      if (section.name == wanted) return &section;
    return nullptr;
  }
  const WasmExport* exported(std::string_view wanted, WasmKind kind) const {
    for (const WasmExport& entry : exports)
      if (entry.kind == kind && entry.name == wanted) return &entry;
    return nullptr;
  }
};

}  // namespace allot::files
