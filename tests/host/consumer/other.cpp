// The headers in two files of one program: nothing is defined twice.
#include <allot/host.hpp>

int other() {
  allot::ReservedMemory memory(65536, 1 << 24);
  return allot::Heap::create(memory, {.begin = 0}).value().allocate(10) ? 7 : 0;
}
