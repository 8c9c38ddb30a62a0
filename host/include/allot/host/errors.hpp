// Purpose: the errors that only a host can meet, and the words for every error.
// Floor:   door host.
// Source:  errors.def is the table.
#pragma once

#include <allot/base/error.hpp>

#include <optional>
#include <stdexcept>
#include <string>

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

/// What `value()` of an error throws, and the few functions that cannot return a Result: `get`, `set`, operators and
/// `or_throw`. `error()` says which error it was, `what()` in words, and `address()` what it is about, where who threw it
/// knew that: a Result has an error and nothing else, so that it stays as long as a value.
class HeapFailure : public std::runtime_error, public AnyFailure {
 public:
  explicit HeapFailure(Error error) : std::runtime_error(error_text(error)), AnyFailure(error) {}
  HeapFailure(Error error, u64 address)
      : std::runtime_error(std::string(error_text(error)) + " (address " + std::to_string(address) + ")"),
        AnyFailure(error),
        address_(address) {}
  [[nodiscard]] std::optional<u64> address() const noexcept { return address_; }

 private:
  std::optional<u64> address_;
};

namespace detail {
[[noreturn, gnu::cold]] inline void throw_heap_failure(Error error) { throw HeapFailure(error); }
// Done before what stands behind this header, so that a heap that a program makes before main() has it too.
inline const bool value_throws_heap_failure = (throw_failure = throw_heap_failure, true);
[[gnu::noinline, gnu::cold]] inline void refuse_at(Error error, u64 address) {
  throw HeapFailure(error, address);
}
}  // namespace detail

/// The value, or a HeapFailure thrown: for programs that handle errors in one place.
template <class T>
T or_throw(Result<T>&& result) {
  return static_cast<Result<T>&&>(result).value();
}
inline void or_throw(Error error) {
  if (error != Error::none) [[unlikely]]
    detail::refuse_value(error);
}
/// The same of a call that was about an address, which the failure then names: `or_throw(heap.deallocate(p), p)`.
template <class T>
T or_throw(Result<T>&& result, u64 address) {
  if (!result) [[unlikely]]
    detail::refuse_at(result.error(), address);
  return static_cast<Result<T>&&>(result).value();
}
inline void or_throw(Error error, u64 address) {
  if (error != Error::none) [[unlikely]]
    detail::refuse_at(error, address);
}

}  // namespace allot
