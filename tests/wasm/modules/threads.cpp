// A position-independent module for a shared memory: its data are copied by its start function, and it has
// variables of a thread.
#include "shapes.hpp"

thread_local int own = 5;
API thread_local int seen;
thread_local int seen;
static int counter = 7;

API int next() {
  ++own;
  return __atomic_add_fetch(&counter, 1, __ATOMIC_SEQ_CST) * 100 + own;
}
