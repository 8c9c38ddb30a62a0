# allot::warnings: what every file of this repository compiles without. An error in our own builds
# (ALLOT_WARNINGS_ARE_ERRORS, set by the presets), never in the build of someone who uses allot.
option(ALLOT_WARNINGS_ARE_ERRORS "Treat compiler warnings as errors" OFF)

add_library(allot_warnings INTERFACE)
add_library(allot::warnings ALIAS allot_warnings)
target_compile_options(allot_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-align -Wnon-virtual-dtor
  -Woverloaded-virtual -Wdouble-promotion -Wimplicit-fallthrough
  # GCC 12 follows the flow into the inlined standard library and finds there what is not so.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-free-nonheap-object>
  $<$<BOOL:${ALLOT_WARNINGS_ARE_ERRORS}>:-Werror>
)
