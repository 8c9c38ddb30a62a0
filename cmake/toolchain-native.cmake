# The newest compiler this repository is built with, where it is installed; else the system's own.
find_program(ALLOT_CLANG NAMES clang++-19)
if(ALLOT_CLANG)
  set(CMAKE_CXX_COMPILER ${ALLOT_CLANG})
endif()
