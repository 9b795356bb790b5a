// Writes tiny valid files to FOLDER/<target>/, where tools/fuzz begins.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "nn/safetensors_seeds.h"

namespace {

void put(const std::filesystem::path& file, std::string_view content) {
  std::ofstream stream(file, std::ios::binary);
  stream.write(content.data(), static_cast<std::streamsize>(content.size()));
  stream.close();
  if (!stream) throw std::runtime_error("cannot write " + file.string());
}

void put_safetensors(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  int number = 0;
  for (auto [header, data] : sg::nn::seeds::parts()) {
    const std::vector<std::uint8_t> file = sg::nn::seeds::file(header, data);
    const std::string whole(file.begin(), file.end());
    put(folder / fmt::format("file{}", number), '\1' + whole);
    header.append((4 - header.size() % 4) % 4, ' ');  // the target counts headers by fours
    const char length = static_cast<char>(header.size() / 4);
    put(folder / fmt::format("header{}", number++), std::string{'\0', length} + header + data);
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    fmt::print(stderr, "usage: nn_seeds FOLDER\n");
    return 64;
  }
  try {
    put_safetensors(std::filesystem::path(arguments[1]) / "safetensors_fuzz");
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
