// Purpose: numbers, addresses and names as people read them, with and without colours.
// Floor:   cli.
#pragma once

#include <allot/base/types.hpp>

#include <string>
#include <string_view>

namespace allot::cli {

/// "1,234,567".
std::string with_commas(u64 number);
/// "16 bytes", "1.5 KiB", "4.0 GiB": three digits or so.
std::string size_text(u64 bytes);
/// "3 blocks", "1 block".
std::string counted(u64 number, std::string_view one, std::string_view many);
/// "0x00010400", with as many digits as any address of a 32-bit memory has.
std::string address_text(u64 address);
/// "12.3 %" of a whole; "0.0 %" of nothing.
std::string percent(double part, double whole);
/// A name from a file as it may be shown: control characters, and those that turn the direction of writing,
/// are written as \u{…}. A file's author does not steer a terminal.
std::string printable(std::string_view text);
/// How many columns of a terminal a text takes, if each character takes one.
std::size_t width_of(std::string_view text);

/// Colours and weight, for a terminal only.
class Style {
 public:
  enum class When { automatic, always, never };
  /// Automatic: if standard output is a terminal and NO_COLOR is not set.
  explicit Style(When when = When::automatic);

  std::string title(std::string_view text) const;
  std::string good(std::string_view text) const;
  std::string bad(std::string_view text) const;
  std::string faint(std::string_view text) const;

 private:
  bool on_;
};

}  // namespace allot::cli
