// The module that is loaded second: uses functions, variables and a class of `base.cpp`.
#include "shapes.hpp"

API void report(int what);  // JavaScript's
API int square_of(int);
extern "C" __attribute__((weak)) int nobody_has_this(int);

namespace {
struct Circle final : Shape {
  explicit Circle(int radius) : radius(radius) { ++shapes_alive; }
  ~Circle() override { report(-radius); }
  int area() const override { return 3 * radius * radius; }
  int radius;
};

int twice(int x) { return 2 * x; }
int thrice(int x) { return 3 * x; }

// Addresses in data: of this module's functions, of the other's variable and function, of a text.
int (*const choices[])(int) = {twice, thrice, square_of};
int* const alive = &shapes_alive;
const char* const text = "a text in the second module";

Circle made_at_start{7};
int at_start = square_of(12) + (report(100), 0);
}  // namespace

API int choose(int which, int x) { return apply(choices[which], x); }
API int via_current(int x) { return current(x); }
API void set_current(int which) { current = choices[which]; }
API int alive_here() { return *alive; }
API int started_with() { return at_start; }
API const char* get_text() { return text; }
API int has_nobody() { return nobody_has_this ? nobody_has_this(1) : -1; }
API int bump_shared_here() { return ++Shared<int>::value; }
API int* shared_address_here() { return &Shared<int>::value; }

/// Makes shapes of both modules on the heap, and calls them without knowing which is whose.
API int areas(int n) {
  Shape** shapes = new Shape*[n];
  for (int i = 0; i < n; ++i) shapes[i] = i % 2 ? make_square(i) : new Circle(i);
  int sum = 0;
  for (int i = 0; i < n; ++i) sum += shapes[i]->area() + (shapes[i]->name()[1] == 'q');
  for (int i = 0; i < n; ++i) delete shapes[i];
  delete[] shapes;
  return sum;
}
