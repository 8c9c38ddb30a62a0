// What `allot inspect` says of a WebAssembly module.
#include <allot/host/files/wasm_room.hpp>

#include <fmt/format.h>

#include <algorithm>

#include "inspect.hpp"
#include "json.hpp"
#include "table.hpp"

namespace allot::cli {

namespace {

using namespace files;

std::string value_type(u8 type) {
  switch (type) {
    case 0x7F: return "i32";
    case 0x7E: return "i64";
    case 0x7D: return "f32";
    case 0x7C: return "f64";
    case 0x7B: return "v128";
    case 0x70: return "funcref";
    case 0x6F: return "externref";
    default: return "reference";
  }
}

std::string types_text(std::span<const u8> types) {
  std::string out;
  for (const u8 type : types) out += (out.empty() ? "" : ", ") + value_type(type);
  return out;
}

/// "(i32, i32) -> i32", or nothing for a type that is not known.
std::string signature(const WasmModule& module, u32 function) {
  if (function >= module.functions.size() || module.functions[function] >= module.types.size()) return "";
  const WasmFunctionType& type = module.types[module.functions[function]];
  std::string out = "(" + types_text(type.parameters) + ")";
  if (type.results.size() == 1) out += " -> " + types_text(type.results);
  if (type.results.size() > 1) out += " -> (" + types_text(type.results) + ")";
  return out;
}

/// Bytes of so many pages; of more than there can be, the most that can be written.
u64 bytes_of(u64 pages, u64 page) { return pages > ~u64{0} / page ? ~u64{0} : pages * page; }

std::string memory_text(const WasmLimits& limits) {
  std::string out = size_text(bytes_of(limits.minimum, limits.page_bytes)) + " at first";
  out += limits.maximum ? ", at most " + size_text(bytes_of(*limits.maximum, limits.page_bytes))
                        : ", no maximum";
  if (limits.page_bytes != page_bytes) out += ", pages of " + counted(limits.page_bytes, "byte", "bytes");
  if (limits.shared) out += ", shared by threads";
  return out + (limits.wide ? ", 64-bit addresses" : "");
}

using Values = std::vector<std::optional<u64>>;

std::string detail(const WasmModule& module, const Values& values, WasmKind kind, u32 index) {
  switch (kind) {
    case WasmKind::function: return signature(module, index);
    case WasmKind::memory:
      return index < module.memories.size() ? memory_text(module.memories[index].limits) : "";
    case WasmKind::table: {
      if (index >= module.tables.size()) return "";
      const WasmLimits& limits = module.tables[index];
      return counted(limits.minimum, "slot", "slots") +
             (limits.maximum ? ", at most " + with_commas(*limits.maximum) : "");
    }
    case WasmKind::global: {
      if (index >= module.globals.size()) return "";
      const WasmGlobal& global = module.globals[index];
      std::string out = value_type(global.type) + (global.is_mutable ? ", mutable" : ", constant");
      // Addresses for the most part, such as __heap_base.
      const auto value = index < values.size() ? values[index] : std::nullopt;
      if (value) out += fmt::format(", {} (0x{:x})", *value, *value);
      return out;
    }
    default: return "";
  }
}

/// What a guest calls its allocator.
std::vector<std::string> allocators(const WasmModule& module) {
  std::vector<std::string> found;
  for (const char* name : {"malloc", "free", "calloc", "realloc", "aligned_alloc", "cabi_realloc",
                           "__wbindgen_malloc", "allot_malloc", "allot_guest_heap"})
    if (module.exported(name, WasmKind::function)) found.emplace_back(name);
  return found;
}

Json limits_json(const WasmLimits& limits) {
  Json json{{"minimum", limits.minimum}};
  json["maximum"] = limits.maximum ? Json(*limits.maximum) : Json(nullptr);
  json["pageByteLength"] = limits.page_bytes;
  json["shared"] = limits.shared;
  json["address"] = limits.wide ? "i64" : "i32";
  return json;
}

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

std::string as_json(const WasmModule& module, const WasmRoom& room, const InspectOptions& options) {
  const auto values = global_values(module);
  Json json{{"file", options.file}, {"kind", "module"}, {"bytes", module.file.size()}};
  json["name"] = module.name.empty() ? Json(nullptr) : Json(module.name);
  json["memories"] = Json::array();
  for (const WasmMemory& memory : module.memories) {
    Json entry = limits_json(memory.limits);
    entry["imported"] = memory.imported;
    json["memories"].push_back(std::move(entry));
  }
  json["imports"] = Json::array();
  for (const WasmImport& entry : module.imports)
    json["imports"].push_back({{"module", entry.module},
                               {"name", entry.name},
                               {"kind", name_of(entry.kind)},
                               {"detail", detail(module, values, entry.kind, entry.index)}});
  json["exports"] = Json::array();
  for (const WasmExport& entry : module.exports)
    json["exports"].push_back({{"name", entry.name},
                               {"kind", name_of(entry.kind)},
                               {"detail", detail(module, values, entry.kind, entry.index)}});
  json["data"] = Json::array();
  for (const WasmData& segment : module.data) {
    const auto where = segment.passive ? std::nullopt : evaluate(segment.where, values);
    json["data"].push_back({{"memory", segment.passive ? Json(nullptr) : Json(segment.memory)},
                            {"passive", segment.passive},
                            {"byteOffset", or_null(where)},
                            {"byteLength", segment.length},
                            {"fileOffset", segment.offset}});
  }
  json["start"] = or_null(module.start);
  json["customSections"] = Json::array();
  for (const WasmCustom& section : module.customs)
    json["customSections"].push_back({{"name", section.name}, {"byteLength", section.bytes.size()}});
  json["dylink"] = nullptr;
  if (const auto& dylink = module.dylink)
    json["dylink"] = {{"memoryByteLength", dylink->memory_bytes},
                      {"memoryAlignment", dylink->memory_alignment},
                      {"tableLength", dylink->table_slots},
                      {"tableAlignment", dylink->table_alignment},
                      {"needed", dylink->needed}};
  json["allocator"] = allocators(module);
  Json place;
  place["heapBase"] = or_null(room.heap_base);
  place["dataEnd"] = or_null(room.data_end);
  place["stackTop"] = or_null(room.stack_top);
  place["taken"] = Json::array();
  for (const WasmRange& range : room.taken)
    place["taken"].push_back({{"kind", range.what}, {"begin", range.begin}, {"end", range.end}});
  const bool has_room = !module.memories.empty() && !module.dylink && room.is_placed;
  place["begin"] = has_room ? Json(room.begin) : Json(nullptr);
  place["bytesNow"] = has_room ? Json(room.bytes_now) : Json(nullptr);
  place["bytesAtMost"] = has_room ? Json(room.bytes_at_most) : Json(nullptr);
  place["isGuess"] = room.is_guess;
  json["room"] = std::move(place);
  return json_text(json);
}

class Description {
 public:
  Description(const WasmModule& module, const InspectOptions& options, const Style& style)
      : module_(module),
        options_(options),
        style_(style),
        room_(room_of(module)),
        values_(global_values(module)) {}

  std::string text() {
    out_ = style_.title(printable(options_.file)) +
           fmt::format(": a WebAssembly module, {}", size_text(module_.file.size()));
    if (!module_.name.empty()) out_ += fmt::format(", which calls itself {}", printable(module_.name));
    out_ += "\n";
    memories();
    imports();
    exports();
    data();
    dylink();
    customs();
    room();
    return std::move(out_);
  }

 private:
  void section(const std::string& title, const std::string& content) {
    out_ += "\n" + style_.title(title) + "\n" + content;
  }
  /// A table of at most so many rows; `add` adds one.
  template <class List, class Add>
  void list(const char* title, const char* none, const List& entries, const char* alignment, Add add) {
    if (entries.empty()) return section(title, std::string("  ") + none + "\n");
    Table table(alignment);
    const std::size_t shown = options_.all ? entries.size() : std::min(entries.size(), rows_by_default);
    for (std::size_t i = 0; i < shown; ++i) add(table, i, entries[i]);
    section(fmt::format("{} ({})", title, with_commas(entries.size())),
            table.text(style_) + more_rows(entries.size(), options_, style_));
  }

  void memories() {
    std::vector<std::string> how(module_.memories.size(), "its own");
    for (const WasmImport& entry : module_.imports)
      if (entry.kind == WasmKind::memory && entry.index < how.size())
        how[entry.index] = "imported as " + printable(entry.module) + "." + printable(entry.name);
    for (const WasmExport& entry : module_.exports)
      if (entry.kind == WasmKind::memory && entry.index < how.size())
        how[entry.index] += ", exported as " + printable(entry.name);
    list("Memory", "none", module_.memories, "<<",
         [&](Table& table, std::size_t i, const WasmMemory& memory) {
           table.row({how[i], memory_text(memory.limits)});
         });
  }
  void imports() {
    list("Imports", "none: it needs nothing from its host", module_.imports, "<<<",
         [&](Table& table, std::size_t, const WasmImport& entry) {
           table.row({name_of(entry.kind), printable(entry.module) + "." + printable(entry.name),
                      detail(module_, values_, entry.kind, entry.index)});
         });
  }
  void exports() {
    list("Exports", "none", module_.exports, "<<<", [&](Table& table, std::size_t, const WasmExport& entry) {
      table.row(
          {name_of(entry.kind), printable(entry.name), detail(module_, values_, entry.kind, entry.index)});
    });
  }
  void data() {
    list("Data segments", "none", module_.data, "<>>",
         [&](Table& table, std::size_t, const WasmData& segment) {
           const auto where = segment.passive ? std::nullopt : evaluate(segment.where, values_);
           std::string place = segment.passive ? "put there by the program when it likes"
                               : where ? address_text(*where) + " to " + address_text(*where + segment.length)
                                       : "where an imported global says";
           if (segment.memory != 0) place += fmt::format(" of memory {}", segment.memory);
           table.row({place, counted(segment.length, "byte", "bytes"),
                      segment.length < 1024 ? "" : size_text(segment.length)});
         });
  }
  void dylink() {
    if (!module_.dylink) return;
    const WasmDylink& dylink = *module_.dylink;
    Table table("<<");
    table.row({"memory", size_text(dylink.memory_bytes) + ", at a multiple of " +
                             with_commas(dylink.memory_alignment)});
    table.row({"slots of the table", with_commas(dylink.table_slots) + ", at a multiple of " +
                                         with_commas(dylink.table_alignment)});
    for (const std::string_view needed : dylink.needed) table.row({"needs the module", printable(needed)});
    section("Position-independent (dylink.0): it is told where it lies when it is loaded",
            table.text(style_));
  }
  void customs() {
    if (module_.customs.empty()) return;
    list("Custom sections", "none", module_.customs, "<>",
         [&](Table& table, std::size_t, const WasmCustom& entry) {
           table.row({printable(entry.name), size_text(entry.bytes.size())});
         });
  }

  void room() {
    std::string text;
    if (module_.memories.empty())
      return section("Where a heap can live", "  nowhere: the module has no memory\n");
    if (module_.dylink)
      return section("Where a heap can live",
                     "  anywhere: the module's own data is placed by who loads it; heap.load() of the npm "
                     "package allot\n"
                     "  takes the room for it out of the heap itself\n");
    Table marks("<<<");
    if (room_.heap_base)
      marks.row(
          {"__heap_base", address_text(*room_.heap_base), "the linker says: from here on memory is free"});
    if (room_.data_end)
      marks.row({"__data_end", address_text(*room_.data_end), "the linker says: the end of the data"});
    if (room_.stack_top)
      marks.row({"stack's top", address_text(*room_.stack_top), "it grows down from here"});
    const std::size_t shown =
        options_.all ? room_.taken.size() : std::min(room_.taken.size(), rows_by_default);
    for (std::size_t i = 0; i < shown; ++i) {
      const WasmRange& range = room_.taken[i];
      marks.row({"taken", address_text(range.begin) + " to " + address_text(range.end),
                 fmt::format("{}, {}", range.what, size_text(range.end - range.begin))});
    }
    if (room_.is_placed)
      marks.row({"free", "from " + address_text(room_.begin),
                 fmt::format("{} now, {} when the memory grows", size_text(room_.bytes_now),
                             size_text(room_.bytes_at_most))});
    text += marks.text(style_) + more_rows(room_.taken.size(), options_, style_);
    if (!room_.is_placed)
      text += "  Some data go where an imported global says: nothing can be told before it is loaded.\n";
    else if (room_.is_guess)
      text +=
          "  The module does not say where its variables end (it exports no __heap_base): all the memory "
          "that it\n"
          "  begins with is taken to be its own. Link it with --export=__heap_base to know.\n";
    const auto allocator = allocators(module_);
    if (!allocator.empty())
      text += fmt::format(
          "  It brings an allocator, which owns the memory from there on: use that, or newly grown pages.\n"
          "  Allocator: {}.\n",
          fmt::join(allocator, ", "));
    else if (room_.is_placed)
      text += fmt::format("  It exports no allocator. In JavaScript: Heap.create({{ memory, begin: {} }}).\n",
                          room_.begin);
    section("Where a heap can live", text);
  }

  const WasmModule& module_;
  const InspectOptions& options_;
  const Style& style_;
  WasmRoom room_;
  Values values_;
  std::string out_;
};

}  // namespace

std::string describe_module(const WasmModule& module, const InspectOptions& options, const Style& style) {
  if (options.json) return as_json(module, room_of(module), options);
  return Description(module, options, style).text();
}

}  // namespace allot::cli
