// A libcuda.so.1 as it was in 2021: it starts, and says that it supports CUDA 11.4.
int cuInit(unsigned flags) {
  (void)flags;
  return 0;
}

int cuDriverGetVersion(int* version) {
  *version = 11040;
  return 0;
}
