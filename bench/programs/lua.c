/* Lua: some scripts that allocate much, each in an interpreter of its own.
 *
 * Yard (bench/). All of Lua's memory goes through one function, which calls malloc, realloc and free.
 */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdlib.h>

#include "program.h"

struct Script {
  const char* name;
  const char* text;
  size_t length;
};

static const char binary_trees[] = {
#embed "lua/binary_trees.lua"
};
static const char strings[] = {
#embed "lua/strings.lua"
};
static const char objects[] = {
#embed "lua/objects.lua"
};

static const struct Script scripts[] = {
    {"=binary_trees", binary_trees, sizeof binary_trees},
    {"=strings", strings, sizeof strings},
    {"=objects", objects, sizeof objects},
};

static void* allocate(void* unused, void* block, size_t before, size_t size) {
  (void)unused, (void)before; /* `before` is a kind, not a size, where there is no block */
  if (size == 0) {
    if (block) free(block);
    return NULL;
  }
  return block ? realloc(block, size) : malloc(size);
}

static uint32_t run(const struct Script* script, uint32_t sum) {
  static const luaL_Reg libraries[] = {
      {"_G", luaopen_base},
      {LUA_TABLIBNAME, luaopen_table},
      {LUA_STRLIBNAME, luaopen_string},
      {LUA_MATHLIBNAME, luaopen_math},
  };
  lua_State* L = lua_newstate(allocate, NULL);
  if (!L) __builtin_trap();
  for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
    luaL_requiref(L, libraries[i].name, libraries[i].func, 1);
    lua_pop(L, 1);
  }
  if (luaL_loadbufferx(L, script->text, script->length, script->name, "t") != LUA_OK) __builtin_trap();
  lua_call(L, 0, 1);
  size_t length;
  const char* result = lua_tolstring(L, -1, &length);
  if (!result || length == 0) __builtin_trap();
  sum = sum_of(sum, result, (uint32_t)length);
  lua_close(L);
  return sum;
}

uint32_t work(void) {
  uint32_t sum = 2166136261u;
  for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) sum = run(&scripts[i], sum);
  return sum;
}
