#include "op/provenance.h"

#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>

#include "core/parallel.h"

namespace sg::op {
namespace fs = std::filesystem;
namespace {

/// The value after the first `key` of a file of "key<separator> value" lines.
std::string entry(const char* file, const std::string& key, char separator) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(key)) continue;
    std::string value = line.substr(std::min(line.size(), line.find(separator) + 1));
    std::erase(value, '"');
    value.erase(0, std::min(value.size(), value.find_first_not_of(" \t")));
    return value;
  }
  return "";
}

/// Whether `record` tells of a file other than `file` that is still there.
bool records_another(const fs::path& record, const fs::path& file) {
  std::ifstream in(record);
  const Json json = Json::parse(in, nullptr, false);
  if (!json.is_object() || !json.contains("outputs") || !json["outputs"].is_object()) return true;
  bool others = false;
  for (const auto& [name, output] : json["outputs"].items()) {
    const fs::path path = output.is_object() ? output.value("path", "") : "";
    if (path.filename() == file.filename()) return false;
    others = others || fs::exists(record.parent_path() / path.filename());
  }
  return others;
}

}  // namespace

std::string version() { return SG_VERSION; }

std::string timestamp() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text.data();
}

Json host_facts() {
  utsname kernel{};
  uname(&kernel);
  std::string cpu = entry("/proc/cpuinfo", "model name", ':');
  if (cpu.empty()) cpu = kernel.machine;
  std::string os = entry("/etc/os-release", "PRETTY_NAME", '=');
  os += (os.empty() ? "" : ", ") + std::string(kernel.sysname) + " " + kernel.release;
  return {{"cpu", cpu}, {"cores", thread_count()}, {"os", os}};
}

std::string stem_of(const fs::path& file) {
  const fs::path stem = file.stem();
  return file.extension() == ".gz" && stem.has_extension() ? stem.stem().string() : stem.string();
}

fs::path record_path(const fs::path& file) {
  const fs::path usual = file.parent_path() / (stem_of(file) + ".run.json");
  if (!fs::exists(usual) || !records_another(usual, file)) return usual;
  return file.parent_path() / (file.filename().string() + ".run.json");
}

}  // namespace sg::op
