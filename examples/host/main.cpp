// SQLite as a guest of a C++ program, both in one heap. The guest is the demo's (examples/demo), compiled to
// WebAssembly with liballot as its malloc and from there to C by wasm2c.
//
//   host CITIES      CITIES: the demo's table of cities, build/demo/cities.tsv
//
// What to look at: each text is allocated here, in the guest's heap, and handed over to SQLite, which frees
// it. No call into the guest is needed for that. What SQLite answers is read where it lies.
#include <allot/host.hpp>
#include <allot/host/memories/wasm2c.hpp>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

#include "sqlite.h"

// The guest imports its memory. This is where it comes from.
struct Z_env_instance_t {
  wasm_rt_memory_t memory;
};
extern "C" wasm_rt_memory_t* Z_envZ_memory(Z_env_instance_t* env) { return &env->memory; }

namespace {

using Address = std::uint32_t;
constexpr Address ok = 0, row = 100, done = 101;

[[noreturn]] void fail(const char* doing, const std::string& why) {
  (void)std::fprintf(stderr, "host: %s: %s\n", doing, why.c_str());
  std::exit(1);
}
template <class T>
T must(allot::Result<T> result, const char* doing) {
  if (!result) fail(doing, allot::error_text(result.error()));
  return std::move(result.value());
}

class Database {
 public:
  Database(Z_sqlite_instance_t& guest, allot::Heap heap) : guest_(guest), heap_(std::move(heap)) {
    const auto out = must(heap_.make<Address>(), "make room for a handle");
    check(Z_sqliteZ_demo_open(&guest_, narrow(out.address())), "open");
    handle_ = out.get();
    free_ = Z_sqliteZ_demo_free(&guest_);
  }
  ~Database() {
    for (const Address statement : {insert_, query_})
      if (statement != 0) Z_sqliteZ_sqlite3_finalize(&guest_, statement);
    Z_sqliteZ_sqlite3_close(&guest_, handle_);
    Z_sqliteZ_sqlite3_shutdown(&guest_);
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void run(std::string_view sql) {
    const auto text = must(heap_.make_string(sql), "make a statement");
    check(Z_sqliteZ_sqlite3_exec(&guest_, handle_, narrow(text.address()), 0, 0, 0), "run a statement");
  }
  Address prepare(std::string_view sql) {
    const auto text = must(heap_.make_string(sql), "make a statement");
    const auto out = must(heap_.make<Address>(), "make room for a handle");
    check(Z_sqliteZ_sqlite3_prepare_v2(&guest_, handle_, narrow(text.address()), ~Address{0},
                                       narrow(out.address()), 0),
          "prepare a statement");
    return out.get();
  }

  void load(std::ifstream& cities) {
    run("CREATE TABLE city (id INTEGER PRIMARY KEY, name TEXT, country TEXT, population INTEGER); BEGIN");
    insert_ = prepare("INSERT INTO city VALUES (?, ?, ?, ?)");
    for (std::string line; std::getline(cities, line);) {
      // Six fields between tabs, each with its type before it: id, name, country, kind, population, place.
      std::string_view field[6];
      std::string_view rest = line;
      for (auto& part : field) {
        const auto tab = rest.find('\t');
        part = rest.substr(0, tab);
        rest = tab == std::string_view::npos ? std::string_view() : rest.substr(tab + 1);
      }
      bind_number(1, field[0]);
      bind_text(2, field[1]);
      bind_text(3, field[2]);
      bind_number(4, field[4]);
      if (Z_sqliteZ_sqlite3_step(&guest_, insert_) != done) fail("insert a city", message());
      Z_sqliteZ_sqlite3_reset(&guest_, insert_);
      ++rows_;
    }
    run("COMMIT");
  }
  std::uint64_t rows() const { return rows_; }

  void show_largest() {
    query_ = prepare("SELECT name, country, population FROM city ORDER BY population DESC, id LIMIT 5");
    while (Z_sqliteZ_sqlite3_step(&guest_, query_) == row) {
      // A guest's texts: bounds and UTF-8 are checked before anybody sees them.
      std::printf("  %-12s %s %10lld\n", text(0).c_str(), text(1).c_str(),
                  static_cast<long long>(Z_sqliteZ_sqlite3_column_int64(&guest_, query_, 2)));
    }
  }

 private:
  static Address narrow(std::uint64_t address) { return static_cast<Address>(address); }
  std::string message() {
    return must(heap_.read_c_string(Z_sqliteZ_sqlite3_errmsg(&guest_, handle_)), "read a message");
  }
  void check(Address code, const char* doing) {
    if (code != ok) fail(doing, message());
  }
  void bind_number(Address column, std::string_view field) {
    std::int64_t number = 0;
    if (field.size() < 3 ||
        std::from_chars(field.data() + 2, field.data() + field.size(), number).ec != std::errc())
      fail("read a number", std::string(field));
    check(Z_sqliteZ_sqlite3_bind_int64(&guest_, insert_, column, static_cast<std::uint64_t>(number)),
          "bind a number");
  }
  void bind_text(Address column, std::string_view field) {
    auto text = must(heap_.make_string(field.size() < 2 ? "" : field.substr(2)), "make a text");
    const Address bytes = narrow(text.units());
    // From here on it is the guest's: SQLite calls its own free() for a block that was allocated here.
    const Address address = narrow(text.release());
    check(Z_sqliteZ_sqlite3_bind_text(&guest_, insert_, column, address, bytes, free_), "bind a text");
  }
  std::string text(Address column) {
    const Address at = Z_sqliteZ_sqlite3_column_text(&guest_, query_, column);
    return must(heap_.read_c_string(at), "read a text");
  }

  Z_sqlite_instance_t& guest_;
  allot::Heap heap_;
  Address handle_ = 0;
  Address free_ = 0;
  Address insert_ = 0;
  Address query_ = 0;
  std::uint64_t rows_ = 0;
};

void show(const char* when, allot::Heap& heap) {
  const auto number = [&](allot::Statistic which) {
    return static_cast<unsigned long long>(must(heap.statistic(which), "read a statistic"));
  };
  const bool is_sound = !must(heap.validate(), "validate");
  std::printf("%-8s %8llu blocks %10llu bytes live, memory %9llu bytes, %s\n", when,
              number(allot::Statistic::live_blocks), number(allot::Statistic::live_bytes),
              static_cast<unsigned long long>(heap.memory_bytes()), is_sound ? "sound" : "BROKEN");
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

  {
    allot::AttachOptions options;
    options.image = Z_sqliteZ_allot_image(&guest);
    allot::Heap heap = must(allot::Heap::attach(allot::wasm2c_memory(&env.memory), options), "attach");
    show("before", heap);
    {
      Database database(guest, heap);
      database.load(cities);
      std::printf("%llu cities, each text allocated by C++ and freed by SQLite; the largest:\n",
                  static_cast<unsigned long long>(database.rows()));
      database.show_largest();
      show("loaded", heap);
    }
    show("after", heap);
    if (must(heap.statistic(allot::Statistic::live_blocks), "count") != 0)
      fail("end", "something was not freed");
  }
  Z_sqlite_free(&guest);
  wasm_rt_free_memory(&env.memory);
  wasm_rt_free();
}
