# allot_compile_quickly(<target>)
#
# Compiles a program of a debug build without optimisation. With sanitizers in it, optimising takes four fifths of
# the time that a file takes to compile; that is well spent only where the program then computes for longer than
# that: the model, the fuzzers, the tests that try everything. Sanitizers find no less in what is not optimised.
function(allot_compile_quickly target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Debug>:-O0>)
endfunction()
