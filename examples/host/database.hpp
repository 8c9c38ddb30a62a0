// SQLite in its guest, called by its exports, with each text and result in the heap that both use.
#pragma once

#include <allot/host.hpp>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sqlite.h"

[[noreturn]] inline void fail(const char* doing, const std::string& why) {
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
  /// A pointer in the guest, or one of SQLite's numbers.
  using Word = std::uint32_t;

  Database(Z_sqlite_instance_t& guest, const allot::Heap& heap) : guest_(guest), heap_(heap) {
    const auto out = must(heap_.make<Word>(), "make room for a handle");
    check(Z_sqliteZ_demo_open(&guest_, narrow(out.address())), "open");
    handle_ = out.get();
    free_ = Z_sqliteZ_demo_free(&guest_);
  }
  ~Database() {
    if (insert_ != 0) Z_sqliteZ_sqlite3_finalize(&guest_, insert_);
    Z_sqliteZ_sqlite3_close(&guest_, handle_);
    Z_sqliteZ_sqlite3_shutdown(&guest_);
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void run(std::string_view sql) {
    const auto text = must(heap_.make_string(sql), "make a statement");
    check(Z_sqliteZ_sqlite3_exec(&guest_, handle_, narrow(text.address()), 0, 0, 0), "run a statement");
  }
  void begin_insert(std::string_view sql) { insert_ = prepare(sql); }
  void bind_number(Word column, std::string_view digits) {
    std::int64_t number = 0;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), number).ec != std::errc())
      fail("read a number", std::string(digits));
    check(Z_sqliteZ_sqlite3_bind_int64(&guest_, insert_, column, static_cast<std::uint64_t>(number)),
          "bind a number");
  }
  /// The text is allocated here, in SQLite's heap, and no call into the guest is needed for that.
  void bind_text(Word column, std::string_view value) {
    auto text = must(heap_.make_string(value), "make a text");
    const Word bytes = narrow(text.units());
    // From here on it is the guest's: SQLite calls its own free() for a block that was allocated here.
    const Word address = narrow(text.release());
    check(Z_sqliteZ_sqlite3_bind_text(&guest_, insert_, column, address, bytes, free_), "bind a text");
    ++given_away_;
  }
  void insert() {
    if (Z_sqliteZ_sqlite3_step(&guest_, insert_) != done) fail("insert", message());
    Z_sqliteZ_sqlite3_reset(&guest_, insert_);
  }
  [[nodiscard]] std::uint64_t texts_given_away() const { return given_away_; }

  /// Calls visit() for each row of the answer, which can then ask for its columns.
  template <class Visit>
  void query(std::string_view sql, Visit visit) {
    query_ = prepare(sql);
    while (Z_sqliteZ_sqlite3_step(&guest_, query_) == row) visit();
    check(Z_sqliteZ_sqlite3_finalize(&guest_, query_), "query");
  }
  std::int64_t number(Word column) {
    return static_cast<std::int64_t>(Z_sqliteZ_sqlite3_column_int64(&guest_, query_, column));
  }
  /// A guest's text: bounds and UTF-8 are checked before anybody sees it.
  std::string text(Word column) {
    return must(heap_.read_c_string(Z_sqliteZ_sqlite3_column_text(&guest_, query_, column)), "read a text");
  }

  /// The whole database in a block that SQLite allocates, and that this program frees.
  allot::unique_block copy() {
    const Word address = Z_sqliteZ_sqlite3_serialize(&guest_, handle_, 0, 0, 0);
    return must(heap_.own(address), "take over the copy");
  }

 private:
  static constexpr Word ok = 0, row = 100, done = 101;

  static Word narrow(std::uint64_t address) { return static_cast<Word>(address); }
  Word prepare(std::string_view sql) {
    const auto text = must(heap_.make_string(sql), "make a statement");
    const auto out = must(heap_.make<Word>(), "make room for a handle");
    check(Z_sqliteZ_sqlite3_prepare_v2(&guest_, handle_, narrow(text.address()), ~Word{0},
                                       narrow(out.address()), 0),
          "prepare a statement");
    return out.get();
  }
  std::string message() {
    return must(heap_.read_c_string(Z_sqliteZ_sqlite3_errmsg(&guest_, handle_)), "read a message");
  }
  void check(Word code, const char* doing) {
    if (code != ok) fail(doing, message());
  }

  Z_sqlite_instance_t& guest_;
  allot::Heap heap_;
  Word handle_ = 0;
  Word free_ = 0;
  Word insert_ = 0;
  Word query_ = 0;
  std::uint64_t given_away_ = 0;
};
