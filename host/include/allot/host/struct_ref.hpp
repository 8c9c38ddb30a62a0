// Purpose: typed access to a struct in a guest's memory, to an array of them, and to an array of arrays in one.
// Floor:   door host.
#pragma once

#include <allot/host/array_ref.hpp>
#include <allot/host/layout.hpp>

namespace allot {

template <StructLayout L, class Abi>
class StructRef;
template <StructLayout L, class Abi>
class StructArrayRef;
template <class Element, class Abi>
class NestedArrayRef;

namespace host {
/// The reference to a member of that type.
template <class T, class Abi>
struct MemberOf {
  using type = Ref<T>;
};
template <StructLayout L, class Abi>
struct MemberOf<L, Abi> {
  using type = StructRef<L, Abi>;
};
template <GuestValue T, u64 n, class Abi>
struct MemberOf<array_of<T, n>, Abi> {
  using type = ArrayRef<T>;
};
template <StructLayout L, u64 n, class Abi>
struct MemberOf<array_of<L, n>, Abi> {
  using type = StructArrayRef<L, Abi>;
};
template <class T, u64 inner, u64 n, class Abi>
struct MemberOf<array_of<array_of<T, inner>, n>, Abi> {
  using type = NestedArrayRef<array_of<T, inner>, Abi>;
};
}  // namespace host

/// A struct as the guest's C compiler lays it out.
template <StructLayout L, class Abi = wasm32>
class StructRef : public host::Object {
 public:
  using layout_type = L;
  static constexpr u64 size = L::template size<Abi>;
  static constexpr u64 alignment = L::template alignment<Abi>;

  StructRef() = default;
  StructRef(host::Keep keep, u64 address) : Object(std::move(keep), address, size) {}

  /// The value of a field that is one. Error: freed_block, out_of_bounds.
  template <host::Name name>
  [[nodiscard]] auto read() const {
    using T = typename L::template type<name, Abi>::type;
    return this->template load<T>(end_of<name, T>());
  }
  template <host::Name name>
  Error write(typename L::template type<name, Abi>::type value) const {
    using T = typename L::template type<name, Abi>::type;
    return this->template store<T>(end_of<name, T>(), value);
  }
  /// The same for programs that handle errors in one place: throw HeapFailure.
  template <host::Name name>
  [[nodiscard]] auto get() const {
    using T = typename L::template type<name, Abi>::type;
    return this->template load_or_throw<T>(end_of<name, T>());
  }
  template <host::Name name>
  void set(typename L::template type<name, Abi>::type value) const {
    using T = typename L::template type<name, Abi>::type;
    this->template store_or_throw<T>(end_of<name, T>(), value);
  }

  /// A field as a reference that does not own the block: a Ref, a StructRef, or of an array an ArrayRef of values, a
  /// StructArrayRef or a NestedArrayRef. Error: freed_block.
  template <host::Name name>
  [[nodiscard]] auto member() const {
    using In = typename L::template type<name, Abi>;
    using Member = typename host::MemberOf<typename In::type, Abi>::type;
    if (is_freed()) return Result<Member>(host_error::freed_block);
    const u64 at = address() + L::template offset<name, Abi>;
    if constexpr (host::is_array<typename In::type>)
      return Result<Member>(Member(look(), at, In::length));
    else
      return Result<Member>(Member(look(), at));
  }

 private:
  template <host::Name name, GuestValue T>
  u64 end_of() const {
    return end() - (size - L::template offset<name, Abi> - sizeof(T));
  }
};

/// Structs side by side, `stride` bytes from one to the next.
template <StructLayout L, class Abi = wasm32>
class StructArrayRef : public host::Object {
 public:
  static constexpr u64 stride = L::template size<Abi>;

  StructArrayRef() = default;
  StructArrayRef(host::Keep keep, u64 address, u64 length)
      : Object(std::move(keep), address, length * stride), length_(length) {}

  [[nodiscard]] u64 length() const { return length_; }
  /// One of them, as a reference that does not own the block. Error: out_of_bounds, freed_block.
  [[nodiscard]] Result<StructRef<L, Abi>> at(u64 index) const {
    if (is_freed()) return host_error::freed_block;
    if (index >= length_) return host_error::out_of_bounds;
    return StructRef<L, Abi>(look(), address() + index * stride);
  }

 private:
  u64 length_ = 0;
};

/// Arrays side by side, as the field `float matrix[4][4]` has them: array_of<array_of<float, 4>, 4>.
template <class T, u64 inner, class Abi>
class NestedArrayRef<array_of<T, inner>, Abi> : public host::Object {
  using Inner = host::InGuest<array_of<T, inner>, Abi>;

 public:
  /// What `at` gives: an ArrayRef of values, a StructArrayRef, or a NestedArrayRef again.
  using row_type = typename host::MemberOf<typename Inner::type, Abi>::type;
  /// Bytes from one array to the next.
  static constexpr u64 stride = Inner::size;

  NestedArrayRef() = default;
  NestedArrayRef(host::Keep keep, u64 address, u64 length)
      : Object(std::move(keep), address, length * stride), length_(length) {}

  /// How many arrays there are.
  [[nodiscard]] u64 length() const { return length_; }
  /// One of them, as a reference that does not own the block. Error: out_of_bounds, freed_block.
  [[nodiscard]] Result<row_type> at(u64 index) const {
    if (is_freed()) return host_error::freed_block;
    if (index >= length_) return host_error::out_of_bounds;
    return row_type(look(), address() + index * stride, inner);
  }

 private:
  u64 length_ = 0;
};

}  // namespace allot
