// What the two position-independent modules of modules-linking.test.mjs share.
#pragma once

#define API extern "C" __attribute__((visibility("default")))

using size_t = decltype(sizeof 0);

/// Its virtual functions are called in the module that did not define them.
struct __attribute__((visibility("default"))) Shape {
  virtual ~Shape();
  virtual int area() const = 0;
  virtual const char* name() const;
};

/// One variable in both modules, though each has it in its own data: the first loaded is meant.
template <class T>
struct __attribute__((visibility("default"))) Shared {
  inline static T value = T(5);
};

API int shapes_alive;
API Shape* make_square(int side);
API int apply(int (*f)(int), int x);
API int (*current)(int);
