#include <dlfcn.h>

#include <cstdio>
#include <cstring>

#include "app/entry.h"

// The program proper is libsg_app with some eighty libraries behind it, most of them for file formats;
// loading them takes about 20 ms. So it is loaded only when there is something to do.
int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--version") == 0) {
    std::puts("shaoguang " SG_VERSION);
    return 0;
  }
  void* library = dlopen("libsg_app.so", RTLD_LAZY);
  void* symbol = library != nullptr ? dlsym(library, sg::app::entry_name) : nullptr;
  if (symbol == nullptr) {
    std::fprintf(stderr, "shaoguang: the program is not installed completely: %s\n", dlerror());
    return 70;
  }
  sg::app::Entry entry = nullptr;
  std::memcpy(&entry, &symbol, sizeof entry);  // the conversion that POSIX promises and C++ has no cast for
  return entry(argc, argv);
}
