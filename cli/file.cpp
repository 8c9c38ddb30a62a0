#include "file.hpp"

#include <allot/host/files/snapshot.hpp>
#include <allot/host/files/trace.hpp>
#include <allot/host/files/wasm.hpp>

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "text.hpp"

namespace allot::cli {

namespace {
struct Close {
  void operator()(std::FILE* file) const { (void)std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

Failure unreadable(const std::string& path, int number) {
  return {exit_unreadable, fmt::format("{}: cannot be read: {}", printable(path), std::strerror(number))};
}
Failure unwritable(const std::string& path, int number) {
  return {exit_unwritable, fmt::format("{}: cannot be written: {}", printable(path), std::strerror(number))};
}
}  // namespace

std::vector<u8> read_file(const std::string& path) {
  const File file(std::fopen(path.c_str(), "rb"));
  if (!file) throw unreadable(path, errno);
  struct stat about{};
  if (fstat(fileno(file.get()), &about) == 0 && S_ISDIR(about.st_mode)) throw unreadable(path, EISDIR);
  std::vector<u8> bytes;
  std::size_t length = 0;
  for (std::size_t got = 1; got != 0; length += got) {
    if (length == bytes.size()) bytes.resize(std::max<std::size_t>(bytes.size() * 2, 1 << 16));
    got = std::fread(bytes.data() + length, 1, bytes.size() - length, file.get());
    if (std::feof(file.get()) || std::ferror(file.get())) {
      length += got;
      break;
    }
  }
  if (std::ferror(file.get())) throw unreadable(path, errno);
  bytes.resize(length);
  return bytes;
}

void write_file(const std::string& path, std::string_view content) {
  File file(std::fopen(path.c_str(), "wb"));
  if (!file) throw unwritable(path, errno);
  const bool whole = std::fwrite(content.data(), 1, content.size(), file.get()) == content.size();
  const int reason = errno;
  if (std::fclose(file.release()) == 0 && whole) return;
  const int closing = errno;
  (void)std::remove(path.c_str());
  throw unwritable(path, whole ? closing : reason);
}

void write_output(std::string_view content) {
  if (std::fwrite(content.data(), 1, content.size(), stdout) != content.size() || std::fflush(stdout) != 0)
    throw unwritable("the output", errno);
}

Failure malformed(const std::string& path, const files::FileFault& fault) {
  return {exit_unreadable, fmt::format("{}: byte {}: {}", printable(path), fault.offset, fault.rule)};
}

Failure not_a(const char* wanted, const std::string& path, std::span<const u8> file) {
  const char* const found = files::is_snapshot(file) ? "a snapshot"
                            : files::is_trace(file)  ? "a trace"
                            : files::is_wasm(file)   ? "a WebAssembly module"
                                                     : nullptr;
  return malformed(path, {0, found ? fmt::format("this is {}, and not {}", found, wanted)
                                   : fmt::format("this is not {}: it begins with other bytes", wanted)});
}

}  // namespace allot::cli
