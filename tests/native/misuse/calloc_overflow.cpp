// Zeroed requests whose count times size does not fit 64 bits, or only just fits.
#include "misuse.hpp"

ALLOT_MISUSE_TEST(CallocOverflow) {
  struct Product {
    std::uint64_t count, size;
  };
  constexpr std::uint64_t half = std::uint64_t{1} << 32;
  constexpr std::uint64_t most = ~std::uint64_t{0};
  for (const Product of : {Product{half, half}, Product{half + 1, half + 1}, Product{most, 2},
                           Product{2, most}, Product{most, most}, Product{most / 3 + 1, 3},
                           Product{3, most / 3}, Product{std::uint64_t{1} << 60, 17}}) {
    expect_refused(rig, allot::Error::size_too_large,
                   [&](auto& h) { return h.allocate_zeroed(of.count, of.size); });
  }
}
