// Purpose: what is wrong with a file, and where; and a value or that.
// Floor:   door host.
// Why:     a file may come from anybody. Whoever reads one gets a value or a sentence to show, never an
//          exception: embedders compile without them.
#pragma once

#include <allot/base/types.hpp>

#include <string>
#include <utility>
#include <variant>

namespace allot::files {

/// The first rule of its format that a file breaks.
struct FileFault {
  u64 offset = 0;    // where in the file, in bytes
  std::string rule;  // a sentence without its full stop: what should hold, and what was found
};

/// A value or a fault. `value()` may be asked only when there is one.
template <class T>
class [[nodiscard]] FileResult {
 public:
  FileResult(T value) : content_(std::move(value)) {}          // NOLINT(google-explicit-constructor)
  FileResult(FileFault fault) : content_(std::move(fault)) {}  // NOLINT(google-explicit-constructor)
  explicit operator bool() const { return content_.index() == 0; }
  T& value() { return *std::get_if<T>(&content_); }
  const T& value() const { return *std::get_if<T>(&content_); }
  /// May be asked only when there is no value.
  const FileFault& fault() const { return *std::get_if<FileFault>(&content_); }

 private:
  std::variant<T, FileFault> content_;
};

}  // namespace allot::files
