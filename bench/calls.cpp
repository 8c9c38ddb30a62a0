// A module of an allocator alone, whose malloc and free are exported for JavaScript to call.
//
// Yard (bench/). Some allocators have constructors: `start` calls them. As the linker sees them called, it does not call
// them around every export.

extern "C" void __wasm_call_ctors();
extern "C" __attribute__((export_name("start"), used)) void start() { __wasm_call_ctors(); }
