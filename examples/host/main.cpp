// SQLite as a guest of a C++ program, both in one heap. The guest is the demo's (examples/demo), compiled to
// WebAssembly with liballot as its malloc and from there to C by wasm2c.
//
//   host CITIES      CITIES: a table of cities as ../demo/lib/rows.mjs writes it. `./dev demo host` makes it.
//
// What to look at: attach() below joins the guest's heap; database.hpp gives texts to SQLite and takes its
// copy of the database over; story() tells what happens, in order.
#include <allot/host.hpp>
#include <allot/host/memories/wasm2c.hpp>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>

#include "database.hpp"

// The guest imports its memory. This is where it comes from.
struct Z_env_instance_t {
  wasm_rt_memory_t memory;
};
extern "C" wasm_rt_memory_t* Z_envZ_memory(Z_env_instance_t* env) { return &env->memory; }

namespace {

using Number = unsigned long long;

allot::Heap attach(Z_sqlite_instance_t& guest, wasm_rt_memory_t& memory) {
  allot::AttachOptions options;
  options.image = Z_sqliteZ_allot_image(&guest);
  return must(allot::Heap::attach(allot::wasm2c_memory(&memory), options), "attach");
}

Number figure(allot::Heap& heap, allot::Statistic which) {
  return must(heap.statistic(which), "read a statistic");
}

std::string amount(Number bytes) {
  char text[32];
  const bool is_long = bytes >= 1 << 20;
  (void)std::snprintf(text, sizeof text, is_long ? "%.1f MiB" : "%.1f KiB",
                      static_cast<double>(bytes) / (is_long ? 1 << 20 : 1 << 10));
  return text;
}

/// The heap as it is, with every invariant checked.
void show(allot::Heap& heap) {
  const allot::Violation broken = must(heap.validate(), "validate");
  if (broken) fail("validate", "the heap breaks a rule");
  std::printf("  The heap: %llu blocks with %s, in a memory of %s; every invariant holds.\n",
              figure(heap, allot::Statistic::live_blocks),
              amount(figure(heap, allot::Statistic::live_bytes)).c_str(),
              amount(heap.memory_bytes()).c_str());
}

/// Each line of the table: six values between tabs, each with its type before it: id, name, country, kind,
/// population, place.
Number load(Database& database, std::ifstream& cities) {
  Number rows = 0;
  database.run(
      "CREATE TABLE city (id INTEGER PRIMARY KEY, name TEXT, country TEXT, population INTEGER); BEGIN");
  database.begin_insert("INSERT INTO city VALUES (?, ?, ?, ?)");
  for (std::string line; std::getline(cities, line); ++rows) {
    std::string_view field[6];
    std::string_view rest = line;
    for (auto& part : field) {
      const auto tab = rest.find('\t');
      part = rest.substr(0, tab);
      if (part.size() < 2) fail("read the cities", line);
      part.remove_prefix(2);
      rest = tab == std::string_view::npos ? std::string_view() : rest.substr(tab + 1);
    }
    database.bind_number(1, field[0]);
    database.bind_text(2, field[1]);
    database.bind_text(3, field[2]);
    database.bind_number(4, field[4]);
    database.insert();
  }
  database.run("COMMIT");
  return rows;
}

void story(Z_sqlite_instance_t& guest, wasm_rt_memory_t& memory, std::ifstream& cities) {
  allot::Heap heap = attach(guest, memory);
  std::printf(
      "1. Start\n\n  SQLite %s is a part of this program now: C made from wasm, and a memory. It is linked\n"
      "  with liballot, and so its heap is data in that memory. Heap::attach(memory) joins it.\n",
      must(heap.read_c_string(Z_sqliteZ_sqlite3_libversion(&guest)), "read the version").c_str());
  show(heap);

  {
    Database database(guest, heap);
    std::printf("\n2. C++ allocates, SQLite frees\n\n");
    const auto begin = std::chrono::steady_clock::now();
    const Number rows = load(database, cities);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::printf(
        "  %llu cities were inserted in %.2f s. Each name and country, %llu texts in all, was\n"
        "  allocated by C++ in SQLite's heap, without a call of SQLite, and given away with the\n"
        "  row: SQLite freed it by its own free(). Its answer, read where it lies, and checked:\n\n",
        rows, took.count(), static_cast<Number>(database.texts_given_away()));
    database.query("SELECT name, country, population FROM city ORDER BY population DESC, id LIMIT 5", [&] {
      std::printf("    %-14s %s %11lld\n", database.text(0).c_str(), database.text(1).c_str(),
                  static_cast<long long>(database.number(2)));
    });
    std::printf("\n");
    show(heap);

    std::printf("\n3. SQLite allocates, C++ frees\n\n");
    allot::unique_block copy = database.copy();
    const auto bytes = must(must(copy.span(), "look at the copy").get(), "look at the copy");
    const std::string begins_with(bytes.begin(), bytes.begin() + 15);
    const std::uint64_t address = copy.address();
    std::printf(
        "  SQLite wrote a copy of its database, %s, to a block of its own at 0x%08llx. C++ reads\n"
        "  there \"%s\", and frees the block.\n",
        amount(copy.size()).c_str(), static_cast<Number>(address), begins_with.c_str());
    allot::or_throw(copy.free());
    // Every free is looked at, whoever allocated the block.
    const allot::Error again = heap.deallocate(address);
    std::printf("  A second free of it is refused, and changes nothing: %s.\n", allot::error_name(again));
    show(heap);
  }

  std::printf("\n4. End\n\n  The database is closed.\n");
  show(heap);
  if (figure(heap, allot::Statistic::live_blocks) != 0) fail("end", "something was not freed");
  std::printf("  Nothing is left allocated, by either of them.\n");
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) fail("usage", "host CITIES");
  std::ifstream cities(arguments[1]);
  if (!cities) fail(arguments[1], "cannot be opened");

  wasm_rt_init();
  Z_sqlite_init_module();
  Z_env_instance_t env;
  wasm_rt_allocate_memory(&env.memory, 32, 4096);
  Z_sqlite_instance_t guest;
  Z_sqlite_instantiate(&guest, &env);
  story(guest, env.memory, cities);
  Z_sqlite_free(&guest);
  wasm_rt_free_memory(&env.memory);
  wasm_rt_free();
}
