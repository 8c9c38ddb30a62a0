// Purpose: the error numbers as an enum, and Result, a value or an error.
// Floor:   base (cellar).
// Source:  errors.def is the table; Result has the shape of std::expected (P0323), which the
//          freestanding core cannot include.
#pragma once

#include <allot/base/types.hpp>

namespace allot {

enum class Error : u32 {
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

/// A value or an error. `value()` may be asked only when there is one.
template <class T>
class [[nodiscard]] Result {
 public:
  constexpr Result(T value) : value_(static_cast<T&&>(value)) {}  // NOLINT(google-explicit-constructor)
  constexpr Result(Error error) : value_(), error_(error) {}  // NOLINT(google-explicit-constructor)
  constexpr explicit operator bool() const { return error_ == Error::none; }
  constexpr const T& value() const& { return value_; }
  constexpr T& value() & { return value_; }
  /// By value: what is looped over must outlive the result that it came in.
  constexpr T value() && { return static_cast<T&&>(value_); }
  constexpr Error error() const { return error_; }

 private:
  T value_;
  Error error_ = Error::none;
};

}  // namespace allot
