# find_package(allot) gives allot::allot, the C++ host library (headers), and allot::core, what it is built on.
include(CMakeFindDependencyMacro)
# Debian's file for it cannot be read twice.
if(NOT TARGET utf8::cpp)
  find_dependency(utf8cpp)
endif()
include(${CMAKE_CURRENT_LIST_DIR}/allotTargets.cmake)
