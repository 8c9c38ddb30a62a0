# How this repository compiles for wasm: no C library, no exceptions, no run-time types, and the memory
# instructions, without which clang would call a memcpy that nobody defines.
option(ALLOT_WASM_SHARED "Compile for a shared memory: atomics, an imported memory with a maximum" OFF)
set(ALLOT_ARTEFACTS "" CACHE PATH "Folder that finished modules and libraries are copied to")

add_compile_options(
  -ffreestanding -fno-exceptions -fno-rtti -fno-threadsafe-statics -nostdlib -mbulk-memory
  -ffunction-sections -fdata-sections
  # Paths in messages and objects must not differ from machine to machine.
  -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.
)
if(ALLOT_WASM_SHARED)
  add_compile_options(-matomics)
endif()

# allot_wasm_module(<target> EXPORTS <name>...)
#
# Links a module that has these exports and no others, and starts nothing by itself.
function(allot_wasm_module target)
  cmake_parse_arguments(PARSE_ARGV 1 module "" "" EXPORTS)
  list(TRANSFORM module_EXPORTS PREPEND --export=)
  target_link_options(${target} PRIVATE --no-entry --strip-all --compress-relocations ${module_EXPORTS})
  if(ALLOT_WASM_ARCHITECTURE STREQUAL wasm64)
    target_link_options(${target} PRIVATE -mwasm64)
  endif()
  if(ALLOT_WASM_SHARED)
    target_link_options(${target} PRIVATE --shared-memory --max-memory=4294967296)
  endif()
endfunction()

# allot_artefact(<target>)
#
# Copies what the target makes to the folder where its users look for it.
function(allot_artefact target)
  if(ALLOT_ARTEFACTS)
    add_custom_command(TARGET ${target} POST_BUILD
      COMMAND ${CMAKE_COMMAND} -E make_directory ${ALLOT_ARTEFACTS}
      COMMAND ${CMAKE_COMMAND} -E copy_if_different $<TARGET_FILE:${target}> ${ALLOT_ARTEFACTS}
      VERBATIM
    )
  endif()
endfunction()
