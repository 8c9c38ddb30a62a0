// The module that is loaded first: defines what `shapes.cpp` uses.
#include "shapes.hpp"

API int shapes_alive = 0;

// The C++ runtime's; here nobody else has it.
API void __cxa_pure_virtual() { __builtin_trap(); }

Shape::~Shape() { --shapes_alive; }
const char* Shape::name() const { return "shape"; }

namespace {
struct Square final : Shape {
  explicit Square(int side) : side(side) { ++shapes_alive; }
  int area() const override { return side * side; }
  const char* name() const override { return "square"; }
  int side;
};

// Made by a constructor when the module is loaded, and of more bytes than its data segment has.
struct Table {
  Table() {
    for (int i = 0; i < 1000; ++i) squares[i] = i * i;
  }
  int squares[1000];
} table;

volatile int zeros[2000];
int negate(int x) { return -x; }
}  // namespace

API int (*current)(int) = negate;

API Shape* make_square(int side) { return new Square(side); }
API int apply(int (*f)(int), int x) { return f(x); }
API int square_of(int i) { return table.squares[i]; }
API int bump_shared() { return ++Shared<int>::value; }
API int* shared_address() { return &Shared<int>::value; }
API int sum_of_zeros() {
  int sum = 0;
  for (int i = 0; i < 2000; ++i) sum += zeros[i];
  return sum;
}
/// Uses `depth` times 64 bytes of stack.
API int deep(int depth) {
  volatile char room[48];
  room[depth % 48] = static_cast<char>(depth);
  return depth == 0 ? 0 : room[depth % 48] * 0 + 1 + deep(depth - 1);
}
