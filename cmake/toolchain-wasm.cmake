# clang-19 and wasm-ld-19, freestanding. Input: ALLOT_WASM_ARCHITECTURE, wasm32 or wasm64.
#
# Compiler and linker are called separately. Clang as a linker runs whatever wasm-opt it finds on the
# PATH, and then the bytes depend on the machine.
set(ALLOT_WASM_ARCHITECTURE wasm32 CACHE STRING "wasm32 or wasm64")
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES ALLOT_WASM_ARCHITECTURE)

set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR ${ALLOT_WASM_ARCHITECTURE})
set(CMAKE_CXX_COMPILER clang++-19)
set(CMAKE_CXX_COMPILER_TARGET ${ALLOT_WASM_ARCHITECTURE}-unknown-unknown)
set(CMAKE_AR llvm-ar-19)
set(CMAKE_RANLIB llvm-ranlib-19)

# There is no program to link and run in a world without a C library: only the compiler is tried.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_CXX_LINK_EXECUTABLE "wasm-ld-19 <LINK_FLAGS> <OBJECTS> <LINK_LIBRARIES> -o <TARGET>")
set(CMAKE_EXECUTABLE_SUFFIX_CXX .wasm)
set(CMAKE_CXX_FLAGS_RELEASE_INIT "-O2 -DNDEBUG")
