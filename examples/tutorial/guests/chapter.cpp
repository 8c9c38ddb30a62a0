// The chapter's guest, in C++: no library, no main. A memory's bytes are where the pointers point.

namespace {

// Volatile, because address 0 is an ordinary byte of a linear memory, which a compiler does not expect.
volatile unsigned char& byte_at(unsigned address) {
  return *reinterpret_cast<volatile unsigned char*>(address);
}

}  // namespace

extern "C" {

// Nothing runs by itself here. By convention, whoever instantiates the module calls this first.
void _initialize() {
  __builtin_wasm_memory_grow(0, 2);  // memory 0, by 2 pages
  byte_at(0) = 21;
  byte_at(1) = 99;
}

int readMemory(unsigned n) { return byte_at(n); }

void writeMemory(unsigned n, int value) { byte_at(n) = static_cast<unsigned char>(value); }

// Where a local variable lies: C++ keeps its own stack inside of the linear memory.
const volatile void* addressOfLocal() {
  volatile int local = 7;
  const volatile void* volatile address = &local;  // or the compiler sees that the pointer will dangle
  return address;
}

}  // extern "C"
