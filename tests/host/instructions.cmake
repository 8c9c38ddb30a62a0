# An access through a reference takes at most three instructions more than a raw one: load the length, compare, branch.
# Callgrind counts exactly the same each time.
foreach(way raw ref)
  execute_process(
    COMMAND ${VALGRIND} --tool=callgrind --callgrind-out-file=${WORK}/callgrind.${ACCESS} ${PROGRAM} ${ACCESS}_${way}
    RESULT_VARIABLE code OUTPUT_QUIET ERROR_VARIABLE text)
  if(NOT code EQUAL 0 OR NOT text MATCHES "Collected : ([0-9]+)")
    message(FATAL_ERROR "${text}")
  endif()
  set(${way} ${CMAKE_MATCH_1})
endforeach()
math(EXPR more "${ref} - ${raw}")
message(STATUS "${more} instructions more for 1000000 accesses by ${ACCESS}")
# A hundredth of one for what is done once.
if(more GREATER 3010000)
  message(FATAL_ERROR "more than 3 each")
endif()
