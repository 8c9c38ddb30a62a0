// Purpose: the error numbers as an enum; Result, a value or an error; and what the value of an error throws.
// Floor:   base (cellar).
// Assumes: where exceptions are enabled there is a C++ run-time library to throw them; never in wasm.
// Source:  errors.def is the table; Result has the shape of std::expected (P0323), which the
//          freestanding core cannot include.
#pragma once

#include <allot/base/types.hpp>

namespace allot {

enum class [[nodiscard]] Error : u32 {
  none = 0,
#define ALLOT_ERROR(number, name, js_class, text) name = number,
#include <allot/base/errors.def>
#undef ALLOT_ERROR
};

/// The stable name of an error ("double_free"), or "none". Never fails.
constexpr const char* name_of(Error error) {
  switch (error) {
#define ALLOT_ERROR(number, name, js_class, text) \
  case Error::name: return #name;
#include <allot/base/errors.def>
#undef ALLOT_ERROR
    default: return "none";
  }
}

/// What happened and the rule that was broken, in words. Never fails.
constexpr const char* text_of(Error error) {
  switch (error) {
#define ALLOT_ERROR(number, name, js_class, text) \
  case Error::name: return text;
#include <allot/base/errors.def>
#undef ALLOT_ERROR
    default: return "no error";
  }
}

/// What everything has that is thrown here: which error it was. The host library throws its HeapFailure, which is one.
class AnyFailure {
 public:
  constexpr explicit AnyFailure(Error error) : error_(error) {}
  [[nodiscard]] constexpr Error error() const noexcept { return error_; }

 private:
  Error error_;
};

#if defined(__cpp_exceptions) && !defined(__wasm__)
#define ALLOT_VALUE_THROWS 1
namespace detail {
[[noreturn, gnu::cold]] inline void throw_plain_failure(Error error) { throw AnyFailure(error); }
// A pointer, because the core has no exception with words, and a program may be made of the core alone. The host
// library puts there what throws its own, before anything else of the program runs.
inline void (*throw_failure)(Error) = throw_plain_failure;

// Never returns, and does not say so: with a call that is said not to return compilers make the frame for it before they
// look whether there is a value, and everybody pays for it.
[[gnu::noinline, gnu::cold]] inline void refuse_value(Error error) {
  throw_failure(error);
  __builtin_trap();
}
}  // namespace detail
#else
#define ALLOT_VALUE_THROWS 0
#endif

/// A value or an error. Where exceptions are enabled, `value()` of an error throws an AnyFailure, so that nobody takes an
/// address 0 for a block; it costs nothing where the caller has looked before. Where they are not, and in wasm, it may
/// be asked only when there is a value.
template <class T>
class [[nodiscard]] Result {
 public:
  constexpr Result(T value) : value_(static_cast<T&&>(value)) {}  // NOLINT(google-explicit-constructor)
  constexpr Result(Error error) : value_(), error_(error) {}  // NOLINT(google-explicit-constructor)
  constexpr explicit operator bool() const { return error_ == Error::none; }
  constexpr const T& value() const& {
    expect_value();
    return value_;
  }
  constexpr T& value() & {
    expect_value();
    return value_;
  }
  /// By value: what is looped over must outlive the result that it came in.
  constexpr T value() && {
    expect_value();
    return static_cast<T&&>(value_);
  }
  constexpr Error error() const { return error_; }

 private:
  [[gnu::always_inline]] constexpr void expect_value() const {
#if ALLOT_VALUE_THROWS
    if (error_ != Error::none) [[unlikely]]
      detail::refuse_value(error_);
#endif
  }

  T value_;
  Error error_ = Error::none;
};

}  // namespace allot
