// Must not compile, and say why in one complaint: a guest may write 2 into a bool.
#include <allot/host.hpp>

using Point = allot::layout<allot::field<"x", std::int32_t>, allot::field<"visible", bool>>;

void make(allot::Heap& heap) {
  const auto point = heap.make_struct<Point>().value();
  point.set<"x">(1);
  (void)point.get<"visible">();
}
