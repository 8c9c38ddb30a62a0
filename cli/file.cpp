#include "file.hpp"

#include <allot/host/files/snapshot.hpp>
#include <allot/host/files/trace.hpp>
#include <allot/host/files/wasm.hpp>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
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

/// Reads on until there are so many bytes, or no more.
void read_up_to(u64 most, std::vector<u8>& bytes, const std::string& path, std::FILE* file) {
  std::size_t length = bytes.size();
  while (length < most && !std::feof(file)) {
    if (length == bytes.size()) {
      const u64 wanted = std::max<u64>(length * 2, 1 << 16);
      bytes.resize(static_cast<std::size_t>(std::min(wanted, most)));
    }
    length += std::fread(bytes.data() + length, 1, bytes.size() - length, file);
    if (std::ferror(file)) throw unreadable(path, errno);
  }
  bytes.resize(length);
}

constexpr u64 least_snapshot = files::snapshot_format::header_bytes + files::snapshot_format::checksum_bytes;

/// How much of a file that begins like this is read: one byte more than it may have, so that it is seen to go on.
u64 most_bytes(std::span<const u8> begin) {
  constexpr u64 version_offset = 8;
  constexpr u64 length_offset = 48;
  constexpr u64 module_bytes = u64{1} << 30;  // what engines take: WebAssembly JavaScript Interface, limits
  constexpr u64 all = ~u64{0};
  if (files::is_wasm(begin)) return module_bytes + 1;
  if (files::is_trace(begin)) return all;  // as long as the program ran
  // Its reader, or whoever wanted another format, says what is wrong.
  if (!files::is_snapshot(begin) || begin.size() < least_snapshot) return begin.size();
  const auto number_at = [&](u64 offset, u32 bytes) {
    return files::ByteReader(begin.subspan(offset)).fixed(bytes);
  };
  if (number_at(version_offset, 2) != files::snapshot_format::version) return begin.size();
  const u64 body = number_at(length_offset, 8);
  return body < all - least_snapshot ? least_snapshot + body + 1 : all;
}

/// Where a name leads: to the file behind its links, whether that is there yet or not.
std::string behind_links(std::string path) {
  constexpr int most_links = 40;  // as Linux has it
  for (int i = 0; i < most_links; ++i) {
    std::error_code error;
    const std::filesystem::path to = std::filesystem::read_symlink(path, error);
    if (error) break;
    path = (std::filesystem::path(path).parent_path() / to).string();
  }
  return path;
}

/// Which permissions a new file does not get. It can only be asked for by setting it.
mode_t creation_mask() {
  const mode_t mask = umask(0);
  (void)umask(mask);
  return mask;
}

/// Writes all of it; `path` is for messages.
void write_to(File file, std::string_view content, const std::string& path) {
  if (!file) throw unwritable(path, errno);
  const bool whole = std::fwrite(content.data(), 1, content.size(), file.get()) == content.size();
  const int reason = errno;
  if (std::fclose(file.release()) != 0 || !whole) throw unwritable(path, whole ? errno : reason);
}
}  // namespace

std::vector<u8> read_file(const std::string& path) {
  const File file(std::fopen(path.c_str(), "rb"));
  if (!file) throw unreadable(path, errno);
  struct stat about{};
  if (fstat(fileno(file.get()), &about) == 0 && S_ISDIR(about.st_mode)) throw unreadable(path, EISDIR);
  std::vector<u8> bytes;
  // Not all at once: of /dev/zero, or of a disk, there is no end.
  read_up_to(least_snapshot, bytes, path, file.get());
  const u64 most = most_bytes(bytes);
  read_up_to(most, bytes, path, file.get());
  if (bytes.size() == most && files::is_wasm(bytes))
    throw malformed(path, {most - 1, "a module has 1 GiB at most, and this one goes on"});
  if (bytes.size() == most && most > least_snapshot && files::is_snapshot(bytes))
    throw malformed(path, {most - 1, "the snapshot ends here, as its header says, and the file goes on"});
  return bytes;
}

void write_file(const std::string& path, std::string_view content) {
  const std::string target = behind_links(path);
  struct stat about{};
  const bool is_there = stat(target.c_str(), &about) == 0;
  if (!is_there && errno != ENOENT) throw unwritable(path, errno);
  // A device or a pipe can only be written to, and has nothing to be lost.
  if (is_there && !S_ISREG(about.st_mode))
    return write_to(File(std::fopen(target.c_str(), "wb")), content, path);
  if (is_there && access(target.c_str(), W_OK) != 0) throw unwritable(path, errno);

  std::string beside = target + ".XXXXXX";
  const int number = mkstemp(beside.data());
  if (number < 0) throw unwritable(path, errno);
  try {
    // mkstemp lets nobody but the owner read it.
    (void)fchmod(number, is_there ? about.st_mode & 07777 : 0666 & ~creation_mask());
    write_to(File(fdopen(number, "wb")), content, path);
    if (std::rename(beside.c_str(), target.c_str()) != 0) throw unwritable(path, errno);
  } catch (...) {
    (void)std::remove(beside.c_str());
    throw;
  }
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
