#pragma once
#include <filesystem>
#include <string>

#include "op/json.h"

namespace sg::op {

/// The version of the program, "0.1.0".
std::string version();
/// Now, UTC, "2026-01-31T12:00:00Z".
std::string timestamp();
/// What a duration depends on: {"cpu", "cores", "os"}; nothing that names the machine or its user.
Json host_facts();

/// The name without extension, ".nii.gz" counting as one: "out/a.nii.gz" → "a".
std::string stem_of(const std::filesystem::path& file);
/// Where the record of a run goes whose first output is `file`: beside it as <stem>.run.json; if that records
/// another file that still exists, as <file name>.run.json.
std::filesystem::path record_path(const std::filesystem::path& file);

}  // namespace sg::op
