#include "text.hpp"

#include <fmt/color.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

namespace allot::cli {

std::string with_commas(u64 number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

std::string size_text(u64 bytes) {
  if (bytes < 1024) return counted(bytes, "byte", "bytes");
  constexpr const char* units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  // What would be shown as 1024.0 is 1.0 of the next unit.
  while (value >= 1023.95 && unit + 1 < std::size(units)) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, units[unit]);
}

std::string counted(u64 number, std::string_view one, std::string_view many) {
  return with_commas(number) + " " + std::string(number == 1 ? one : many);
}

std::string address_text(u64 address) { return fmt::format("0x{:08x}", address); }

std::string percent(double part, double whole) {
  return fmt::format("{:.1f} %", whole == 0 ? 0.0 : 100 * part / whole);
}

namespace {
/// The character that begins at `at`, and how many bytes it has; a byte that begins none is one by itself,
/// with a code that no text has.
struct Character {
  u32 code;
  std::size_t length;
};
Character character_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<u32>(static_cast<unsigned char>(text[i])); };
  const u32 lead = byte(at);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
  if (length == 0 || lead > 0xF4 || length > text.size() - at) return {0x110000 + lead, 1};
  u32 code = lead & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return {0x110000 + lead, 1};
    code = code << 6 | (byte(at + i) & 0x3F);
  }
  return {code, length};
}
}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto [code, length] = character_at(text, at);
    const bool steers = code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x061C || code == 0x200E ||
                        code == 0x200F || (code >= 0x2028 && code <= 0x202E) ||
                        (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF;
    if (code >= 0x110000)
      out += fmt::format("\\x{:02x}", code - 0x110000);
    else if (steers)
      out += fmt::format("\\u{{{:x}}}", code);
    else
      out += text.substr(at, length);
    at += length;
  }
  return out;
}

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (const char c : text) width += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return width;
}

namespace {
bool wants_colours() {
  // https://no-color.org: set and not empty.
  const char* const refused = std::getenv("NO_COLOR");
  const char* const terminal = std::getenv("TERM");
  if (refused && *refused) return false;
  if (terminal && std::string_view(terminal) == "dumb") return false;
  return isatty(STDOUT_FILENO) == 1;
}
std::string painted(bool on, const fmt::text_style& style, std::string_view text) {
  return on ? fmt::format(style, "{}", text) : std::string(text);
}
}  // namespace

Style::Style(When when) : on_(when == When::always || (when == When::automatic && wants_colours())) {}

std::string Style::title(std::string_view text) const { return painted(on_, fmt::emphasis::bold, text); }
std::string Style::good(std::string_view text) const {
  return painted(on_, fmt::fg(fmt::terminal_color::green) | fmt::emphasis::bold, text);
}
std::string Style::bad(std::string_view text) const {
  return painted(on_, fmt::fg(fmt::terminal_color::red) | fmt::emphasis::bold, text);
}
std::string Style::faint(std::string_view text) const { return painted(on_, fmt::emphasis::faint, text); }

}  // namespace allot::cli
