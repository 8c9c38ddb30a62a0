// Purpose: the errors that only a host can meet, and the words for every error.
// Floor:   door host.
// Source:  errors.def is the table.
#pragma once

#include <allot/base/error.hpp>

#include <stdexcept>

namespace allot {

/// The host's own errors, as values of Error: `error == allot::host_error::out_of_bounds`.
namespace host_error {
#define ALLOT_HOST_ERROR(number, name, text) inline constexpr Error name{number};
#include <allot/host/errors.def>
#undef ALLOT_HOST_ERROR
}  // namespace host_error

/// The stable name of an error of the core or of the host; "none" when there is no error. Never fails.
constexpr const char* error_name(Error error) {
  switch (static_cast<u32>(error)) {
#define ALLOT_HOST_ERROR(number, name, text) \
  case number: return #name;
#include <allot/host/errors.def>
#undef ALLOT_HOST_ERROR
    default: return name_of(error);
  }
}

/// What happened and the rule that was broken, in words. Never fails.
constexpr const char* error_text(Error error) {
  switch (static_cast<u32>(error)) {
#define ALLOT_HOST_ERROR(number, name, text) \
  case number: return text;
#include <allot/host/errors.def>
#undef ALLOT_HOST_ERROR
    default: return text_of(error);
  }
}

/// What the few functions throw that cannot return a Result: operators, and `or_throw`.
class HeapFailure : public std::runtime_error {
 public:
  explicit HeapFailure(Error error) : std::runtime_error(error_text(error)), error_(error) {}
  [[nodiscard]] Error error() const noexcept { return error_; }

 private:
  Error error_;
};

/// The value, or a HeapFailure thrown: for programs that handle errors in one place.
template <class T>
T or_throw(Result<T>&& result) {
  if (!result) throw HeapFailure(result.error());
  return static_cast<T&&>(result.value());
}
inline void or_throw(Error error) {
  if (error != Error::none) throw HeapFailure(error);
}

}  // namespace allot
