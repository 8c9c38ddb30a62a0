// A guest that allocates. It calls malloc, as any program does; liballot is what it is linked with.

extern "C" {

void* malloc(__SIZE_TYPE__ bytes);

int* squares(int count) {
  int* const numbers = static_cast<int*>(malloc(static_cast<unsigned>(count) * sizeof(int)));
  for (int i = 0; numbers && i < count; i++) numbers[i] = i * i;
  return numbers;
}

int sum(const int* numbers, int count) {
  int total = 0;
  for (int i = 0; i < count; i++) total += numbers[i];
  return total;
}

}  // extern "C"
