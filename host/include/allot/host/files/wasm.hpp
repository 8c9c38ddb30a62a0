// Purpose: reads a WebAssembly module, as far as it matters for its memory.
// Floor:   door host.
// Source:  WebAssembly Core Specification 3.0, section 5.5; tool conventions, DynamicLinking.md; custom page
//          sizes, multiple memories, 64-bit memories, threads.
//
// Whether a module is valid is for an engine to say; this reads no more than is asked of it, and passes over
// what a later WebAssembly may add, as long as it can tell where that ends.
#pragma once

#include <allot/host/files/byte_reader.hpp>
#include <allot/host/files/wasm_module.hpp>

#include <algorithm>

namespace allot::files {

/// Whether a file begins as modules and components do.
inline bool is_wasm(std::span<const u8> file) {
  return file.size() >= 4 && std::memcmp(file.data(), "\0asm", 4) == 0;
}

namespace detail {

class WasmReader {
 public:
  explicit WasmReader(std::span<const u8> file) : reader_(file, 0, "the module") { module_.file = file; }

  FileResult<WasmModule> read() {
    if (!is_wasm(module_.file)) return FileFault{0, "a module begins with the bytes 00 61 73 6D"};
    reader_.take(4);
    const u64 version = reader_.fixed(2);
    const u64 layer = reader_.fixed(2);
    if (reader_.ok() && layer == 1)
      return FileFault{6, "this is a component; only the modules inside of components can be read"};
    if (reader_.ok() && (version != 1 || layer != 0))
      return FileFault{4, "its version is " + std::to_string(version) + "; there are modules of version 1"};
    u32 last = 0;
    while (reader_.ok() && !reader_.is_at_end()) {
      const u64 at = reader_.offset();
      const u8 id = reader_.byte();
      const u32 place = place_of(id);
      if (id != 0 && place != 0) {
        if (place <= last)
          reader_.fail_at(at, std::string(name_of_section(id)) + " stands in the wrong order, or twice");
        last = place;
      }
      ByteReader section = reader_.sized(name_of_section(id));
      if (!reader_.ok()) break;
      read_section(section, id);
      if (section.ok() && !section.is_at_end() && is_read(id))
        section.fail(std::to_string(section.left()) + " bytes too many are in " +
                     std::string(section.part()));
      reader_.join(section);
    }
    if (!reader_.ok()) return reader_.fault();
    return std::move(module_);
  }

 private:
  static const char* name_of_section(u8 id) {
    constexpr const char* names[] = {"a custom section",
                                     "the section of types",
                                     "the section of imports",
                                     "the section of functions",
                                     "the section of tables",
                                     "the section of memories",
                                     "the section of globals",
                                     "the section of exports",
                                     "the section of the start function",
                                     "the section of elements",
                                     "the section of code",
                                     "the section of data",
                                     "the section of the data count",
                                     "the section of tags"};
    return id < std::size(names) ? names[id] : "a section of an unknown kind";
  }
  /// In which order sections stand; 0 for a kind that is not known.
  static u32 place_of(u8 id) {
    constexpr u8 places[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 11, 6};
    return id < std::size(places) ? places[id] : 0;
  }
  static bool is_read(u8 id) { return (id >= 1 && id <= 8) || id == 11; }

  void read_section(ByteReader& section, u8 id) {
    switch (id) {
      case 0: return read_custom(section);
      case 1: return read_types(section);
      case 2: return read_imports(section);
      case 3: return repeat(section, [&] { module_.functions.push_back(section.u32_leb()); });
      case 4: return read_tables(section);
      case 5: return repeat(section, [&] { module_.memories.push_back({read_limits(section), false}); });
      case 6: return read_globals(section);
      case 7: return read_exports(section);
      case 8: module_.start = section.u32_leb(); return;
      case 10: module_.code = section.take(section.left()); return;
      case 11: return read_data(section);
      default: return;
    }
  }

  template <class Read>
  static void repeat(ByteReader& section, Read read) {
    for (u32 left = section.count(); left > 0 && section.ok(); --left) read();
  }

  void read_types(ByteReader& section) {
    const auto is_plain = [](std::span<const u8> types) {
      return std::all_of(types.begin(), types.end(), [](u8 type) {
        return (type >= 0x7B && type <= 0x7F) || type == 0x70 || type == 0x6F;
      });
    };
    for (u32 left = section.count(); left > 0 && section.ok(); --left) {
      const u8 form = section.byte();
      WasmFunctionType type;
      if (form == 0x60) {
        type.parameters = section.take(section.count());
        type.results = section.take(section.count());
      }
      if (form != 0x60 || !is_plain(type.parameters) || !is_plain(type.results)) {
        // A type of a later WebAssembly: of this one and those behind it nothing is known.
        section.take(section.left());
        return;
      }
      if (section.ok()) module_.types.push_back(type);
    }
  }

  void read_imports(ByteReader& section) {
    repeat(section, [&] {
      WasmImport entry;
      entry.module = section.text();
      entry.name = section.text();
      const u64 at = section.offset();
      const u8 kind = section.byte();
      if (kind > 4)
        return section.fail_at(at, "this program does not know imports of kind " + std::to_string(kind));
      entry.kind = static_cast<WasmKind>(kind);
      switch (entry.kind) {
        case WasmKind::function:
          entry.index = static_cast<u32>(module_.functions.size());
          module_.functions.push_back(section.u32_leb());
          break;
        case WasmKind::table:
          entry.index = static_cast<u32>(module_.tables.size());
          read_value_type(section);
          module_.tables.push_back(read_limits(section));
          break;
        case WasmKind::memory:
          entry.index = static_cast<u32>(module_.memories.size());
          module_.memories.push_back({read_limits(section), true});
          break;
        case WasmKind::global: {
          entry.index = static_cast<u32>(module_.globals.size());
          WasmGlobal global = read_global_type(section);
          global.imported = true;
          module_.globals.push_back(std::move(global));
          break;
        }
        case WasmKind::tag:
          section.byte();
          section.u32_leb();
          break;
      }
      if (section.ok()) module_.imports.push_back(entry);
    });
  }

  void read_tables(ByteReader& section) {
    repeat(section, [&] {
      // 0x40 0x00: a table with an expression for its elements.
      const u8 type = section.byte();
      if (type == 0x40) {
        section.byte();
        read_value_type(section);
      } else if (type == 0x63 || type == 0x64) {
        section.signed_leb(33);
      }
      module_.tables.push_back(read_limits(section));
      if (type != 0x40) return;
      WasmExpression initial;
      if (!read_expression(section, initial)) section.take(section.left());
    });
  }

  void read_globals(ByteReader& section) {
    repeat(section, [&] {
      WasmGlobal global = read_global_type(section);
      WasmExpression initial;
      if (read_expression(section, initial))
        global.initial = std::move(initial);
      else
        section.take(section.left());
      if (section.ok()) module_.globals.push_back(std::move(global));
    });
  }

  void read_exports(ByteReader& section) {
    repeat(section, [&] {
      WasmExport entry;
      entry.name = section.text();
      const u64 at = section.offset();
      const u8 kind = section.byte();
      if (kind > 4)
        return section.fail_at(at, "this program does not know exports of kind " + std::to_string(kind));
      entry.kind = static_cast<WasmKind>(kind);
      entry.index = section.u32_leb();
      if (section.ok()) module_.exports.push_back(entry);
    });
  }

  void read_data(ByteReader& section) {
    repeat(section, [&] {
      const u64 at = section.offset();
      const u32 flags = section.u32_leb();
      if (flags > 2)
        return section.fail_at(at, "this program does not know data of kind " + std::to_string(flags));
      WasmData data;
      data.passive = flags == 1;
      if (flags == 2) data.memory = section.u32_leb();
      const u64 expression = section.offset();
      if (!data.passive && !read_expression(section, data.where))
        return section.fail_at(
            expression,
            "where a data segment goes is said by an instruction that this program does not know");
      data.length = section.u32_leb();
      data.offset = section.offset();
      section.take(data.length);
      if (section.ok()) module_.data.push_back(std::move(data));
    });
  }

  static WasmLimits read_limits(ByteReader& section) {
    const u64 at = section.offset();
    const u8 flags = section.byte();
    if (flags > 15) section.fail_at(at, "this program does not know limits of kind " + std::to_string(flags));
    WasmLimits limits;
    limits.shared = (flags & 2) != 0;
    limits.wide = (flags & 4) != 0;
    limits.minimum = section.u64_leb();
    if (flags & 1) limits.maximum = section.u64_leb();
    if (flags & 8) {
      const u64 exponent = section.u32_leb();
      if (exponent > 16)
        section.fail_at(at, "a page has 1 or 65536 bytes, not 2 to the " + std::to_string(exponent));
      else
        limits.page_bytes = u64{1} << exponent;
    }
    return limits;
  }

  static WasmGlobal read_global_type(ByteReader& section) {
    WasmGlobal global;
    global.type = read_value_type(section);
    global.is_mutable = (section.byte() & 1) != 0;
    return global;
  }

  /// The byte of a type; references that name another type have that behind it.
  static u8 read_value_type(ByteReader& section) {
    const u8 type = section.byte();
    if (type == 0x63 || type == 0x64) section.signed_leb(33);
    return type;
  }

  /// Reads a constant expression and its end. False for an instruction that is not known, whose length is
  /// then not known either.
  static bool read_expression(ByteReader& section, WasmExpression& steps) {
    using Kind = WasmStep::Kind;
    while (section.ok()) {
      const u8 instruction = section.byte();
      switch (instruction) {
        case 0x0B: return true;
        case 0x41: steps.push_back({Kind::constant, false, section.signed_leb(32) & 0xFFFFFFFFu}); break;
        case 0x42: steps.push_back({Kind::constant, true, section.signed_leb(64)}); break;
        case 0x43: section.take(4), steps.push_back({}); break;
        case 0x44: section.take(8), steps.push_back({}); break;
        case 0x23: steps.push_back({Kind::global, false, section.u32_leb()}); break;
        case 0xD0: section.signed_leb(33), steps.push_back({}); break;
        case 0xD2: section.u32_leb(), steps.push_back({}); break;
        case 0xFD:
          if (section.u32_leb() != 12) return false;
          section.take(16);
          steps.push_back({});
          break;
        case 0x6A: steps.push_back({Kind::add, false, 0}); break;
        case 0x6B: steps.push_back({Kind::subtract, false, 0}); break;
        case 0x6C: steps.push_back({Kind::multiply, false, 0}); break;
        case 0x7C: steps.push_back({Kind::add, true, 0}); break;
        case 0x7D: steps.push_back({Kind::subtract, true, 0}); break;
        case 0x7E: steps.push_back({Kind::multiply, true, 0}); break;
        default: return false;
      }
    }
    return true;  // the reader has the fault
  }

  void read_custom(ByteReader& section) {
    const std::string_view name = section.text();
    if (!section.ok()) return;
    const u64 offset = section.offset();
    const auto bytes = section.take(section.left());
    module_.customs.push_back({name, offset, bytes});
    // The first of each counts. Which came before is kept, not looked for: a module may have any number of sections.
    ByteReader content(bytes, offset, "the section dylink.0");
    if (name == "dylink.0" && !module_.dylink) {
      read_dylink(content);
      section.join(content);
    } else if (name == "name" && !has_names_) {
      has_names_ = true;
      // Names are for people: what is wrong with them takes nothing from the module.
      read_names(content);
    }
  }

  void read_dylink(ByteReader& section) {
    WasmDylink dylink;
    const auto alignment = [](ByteReader& part) {
      const u64 at = part.offset();
      const u32 exponent = part.u32_leb();
      if (exponent > 31)
        part.fail_at(at, "an alignment is at most 2 to the 31, not to the " + std::to_string(exponent));
      return exponent > 31 ? 1 : u64{1} << exponent;
    };
    while (section.ok() && !section.is_at_end()) {
      const u8 type = section.byte();
      ByteReader part = section.sized("a part of dylink.0");
      if (type == 1) {
        dylink.memory_bytes = part.u32_leb();
        dylink.memory_alignment = alignment(part);
        dylink.table_slots = part.u32_leb();
        dylink.table_alignment = alignment(part);
      } else if (type == 2) {
        repeat(part, [&] { dylink.needed.push_back(part.text()); });
      }
      section.join(part);
    }
    module_.dylink = std::move(dylink);
  }

  void read_names(ByteReader& section) {
    while (section.ok() && !section.is_at_end()) {
      const u8 type = section.byte();
      ByteReader part = section.sized("its names");
      if (type == 0) {
        module_.name = part.text();
      } else if (type == 7) {
        repeat(part, [&] {
          const u32 index = part.u32_leb();
          const std::string_view name = part.text();
          if (part.ok()) module_.global_names.emplace(name, index);
        });
      }
      if (!part.ok()) return;
    }
  }

  ByteReader reader_;
  WasmModule module_;
  bool has_names_ = false;
};

}  // namespace detail

/// Reads a module. The file must outlive what this gives.
inline FileResult<WasmModule> read_wasm(std::span<const u8> file) { return detail::WasmReader(file).read(); }

}  // namespace allot::files
