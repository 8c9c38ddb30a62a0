// Must not compile, and say why in one complaint: a struct of this program's is not laid out as a guest's.
#include <allot/host.hpp>

struct Native {
  int x;
};
using Shape =
    allot::layout<allot::field<"x", std::int32_t>, allot::field<"points", allot::array_of<Native, 2>>>;

void make(allot::Heap& heap) { (void)heap.make_struct<Shape>().value(); }
