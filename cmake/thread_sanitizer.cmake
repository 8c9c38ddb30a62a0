# allot_sanitize_threads(<target>)
#
# Real threads: ThreadSanitizer in the place of the sanitizers that a debug build has, with which it cannot be in one
# program. Nothing where there are none.
function(allot_sanitize_threads target)
  target_link_libraries(${target} PRIVATE Threads::Threads)
  if(NOT ALLOT_SANITIZERS)
    return()
  endif()
  foreach(property COMPILE_OPTIONS LINK_OPTIONS)
    get_target_property(options ${target} ${property})
    list(FILTER options EXCLUDE REGEX "^-fsanitize=")
    set_target_properties(${target} PROPERTIES ${property} "${options};-fsanitize=thread")
  endforeach()
endfunction()
