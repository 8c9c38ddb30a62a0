# ALLOT_SANITIZERS: a list for -fsanitize, for everything that is built. Every finding ends the program.
set(ALLOT_SANITIZERS "" CACHE STRING "Sanitizers to compile with, such as address,undefined")

if(ALLOT_SANITIZERS)
  add_compile_options(-fsanitize=${ALLOT_SANITIZERS} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${ALLOT_SANITIZERS})
endif()
