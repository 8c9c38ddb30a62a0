// Purpose: the numbers of the statistics as an enum.
// Floor:   base (cellar).
// Source:  statistics.def is the table.
#pragma once

#include <allot/base/types.hpp>

namespace allot {

enum class Statistic : u32 {
#define ALLOT_STATISTIC(number, name, js_name, cost, text) name = number,
#include <allot/base/statistics.def>
#undef ALLOT_STATISTIC
};

}  // namespace allot
