// A C++ program of Emscripten's whose malloc is liballot's: what its runtime and its JavaScript allocate, errno, operator
// new at the end of memory, and what happens at the program's end. Says in lines of JSON what happened, for
// emscripten.test.mjs.
#include <emscripten.h>
#include <errno.h>
#include <locale.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <new>
#include <string>
#include <vector>

namespace {

const size_t too_much = 0x70000000;

// Its destructor prints, which allocates and frees when main has returned.
struct AtEnd {
  std::string text = std::string(100, 'x');
  ~AtEnd() { printf("{\"destroyed\": %u}\n", static_cast<unsigned>(text.size())); }
} at_end;

int at_exits;
void count_exit() {
  if (++at_exits == 40) puts("{\"exits\": 40}");
}

// Not seen by the optimizer, which takes a block that is only freed to be there.
__attribute__((noinline)) int errno_of(void* p) {
  const int is = p ? -1 : errno;
  errno = 0;
  free(p);
  return is;
}

int handled;
void give_up() {
  if (++handled == 2) std::set_new_handler(nullptr);
}

void at_the_end_of_memory() {
  const volatile size_t much = too_much;
  const volatile size_t odd = 24;
  printf("{\"malloc\": %d, \"calloc\": %d, \"realloc\": %d, \"aligned\": %d, \"alignment\": %d}\n",
         errno_of(malloc(much)), errno_of(calloc(much, much)), errno_of(realloc(nullptr, much)),
         errno_of(aligned_alloc(64, much)), errno_of(aligned_alloc(odd, 100)));
#ifdef WITH_EXCEPTIONS  // without them Emscripten's nothrow aborts, too; and __EXCEPTIONS is always defined
  std::set_new_handler(give_up);
  const bool quiet = !operator new(much, std::nothrow);
  printf("{\"quiet\": %d, \"handled\": %d}\n", quiet, handled);
  int caught = 0;
  std::set_new_handler(nullptr);
  try {
    operator delete(operator new(much));
  } catch (const std::bad_alloc&) {
    ++caught;
  }
  try {
    operator delete[](operator new[](much, std::align_val_t(64)), std::align_val_t(64));
  } catch (const std::bad_alloc&) {
    ++caught;
  }
  try {
    throw std::string("longer than what lies in a string itself");
  } catch (const std::string& text) {
    caught += text.size() == 40;
  }
  printf("{\"caught\": %d}\n", caught);
#endif
}

// Emscripten's JavaScript sees the memory as it is after each growth, and what it allocates is ours to free.
void grow() {
  const size_t before = __builtin_wasm_memory_size(0);
  std::vector<char*> blocks;
  for (int i = 0; i < 40; ++i) {
    blocks.push_back(static_cast<char*>(malloc(1 << 20)));
    memset(blocks.back(), i, 1 << 20);
  }
  char* const text = static_cast<char*>(malloc(100));
  strcpy(text, "above");
  const int seen =
      EM_ASM_INT({ return UTF8ToString($0) == 'above' && HEAPU8[$1] == 39; }, text, blocks.back());
  for (char* block : blocks) free(block);
  free(text);
  char* const theirs = reinterpret_cast<char*>(static_cast<uintptr_t>(EM_ASM_INT({
    const block = _malloc(1000);
    stringToUTF8('from JavaScript', block, 1000);
    return block;
  })));
  const bool right = strcmp(theirs, "from JavaScript") == 0 && malloc_usable_size(theirs) >= 1000;
  free(theirs);
  EM_ASM({ _free($0); }, malloc(10));
  printf("{\"grown\": %d, \"seen\": %d, \"theirs\": %d}\n", __builtin_wasm_memory_size(0) > before, seen,
         right);
}

// Calls of the C library that allocate by names of their own.
void libc() {
  const locale_t locale = newlocale(LC_ALL_MASK, "de_DE.UTF-8", nullptr);
  if (locale) freelocale(locale);
  for (int i = 0; i < 40; ++i) atexit(count_exit);
  char* line = nullptr;
  size_t length = 0;
  FILE* const file = fopen("/lines", "w+");
  if (file) {
    fputs("a line\n", file);
    rewind(file);
    length = getline(&line, &length, file) == 7 ? 7 : 0;
    fclose(file);
  }
  printf("{\"locale\": %d, \"line\": %u}\n", locale != nullptr, static_cast<unsigned>(length));
  free(line);
}

}  // namespace

int main() {
  grow();
  at_the_end_of_memory();
  libc();
  return 0;
}
