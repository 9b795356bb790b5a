// Writes the image readers' seeds to FOLDER/<reader>_fuzz/, for tools/fuzz.
#include <fmt/format.h>

#include <cstdio>

#include "io/image_seeds.h"

int main(int count, char** arguments) {
  if (count != 2) {
    fmt::print(stderr, "usage: io_seeds FOLDER\n");
    return 64;
  }
  try {
    for (const sg::io::FuzzedReader& reader : sg::io::fuzzed_readers()) {
      const std::filesystem::path folder = std::filesystem::path(arguments[1]) / (reader.name + "_fuzz");
      std::filesystem::create_directories(folder);
      int number = 0;
      for (const sg::io::Bytes& seed : reader.seeds()) {
        sg::io::write_file(folder / fmt::format("seed{}", number++), seed);
      }
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
