// The heaps that most tests make, and the model beside them. Compiling them takes longer than compiling the tests, and
// they compute: so they are compiled once, optimised, and the tests are not.
#include "checked_heap.hpp"
#include "misuse/attach.hpp"
#include "rigs.hpp"

namespace allot {

template class BasicHeap<allot_test::InsideRig<allot_test::MovingMemory, u32>::Heap::place_type>;
template class BasicHeap<allot_test::InsideRig<allot_test::MovingMemory, u64>::Heap::place_type>;
#ifndef ALLOT_TEST_INSIDE_ONLY
template class BasicHeap<allot_test::OutsideRig<allot_test::MovingMemory, u32>::Heap::place_type>;
template class BasicHeap<allot_test::OutsideRig<allot_test::MovingMemory, u64>::Heap::place_type>;
template class BasicHeap<allot_test::SavedHeap::place_type>;
#endif

}  // namespace allot

namespace allot_test {

template class CheckedHeap<InsideRig<MovingMemory, std::uint32_t>>;
template class CheckedHeap<InsideRig<MovingMemory, std::uint64_t>>;
#ifndef ALLOT_TEST_INSIDE_ONLY
template class CheckedHeap<OutsideRig<MovingMemory, std::uint32_t>>;
template class CheckedHeap<OutsideRig<MovingMemory, std::uint64_t>>;
#endif

}  // namespace allot_test
