#include "platform/parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "core/error.h"
#include "io/archive.h"
#include "io/dicom.h"
#include "io/files.h"

namespace sg::platform {
namespace {

namespace fs = std::filesystem;

/// Left by operating systems, or an index of files that stand for themselves.
bool is_litter(const fs::path& path) {
  const std::string name = path.filename().string();
  const auto hidden = [](const fs::path& part) {
    return part.string().starts_with(".") && part != "." && part != "..";
  };
  return std::any_of(path.begin(), path.end(), hidden) || name == "Thumbs.db" || name == "desktop.ini" ||
         name == "DICOMDIR" || *path.begin() == "__MACOSX";
}

std::vector<StoredFile> unpacked(Workspace& workspace, const StoredFile& archive, const Context& context) {
  io::ArchiveReader reader(workspace.objects().path(archive.sha256));
  std::vector<StoredFile> files;
  std::vector<std::uint8_t> buffer(1 << 20);
  while (const std::optional<std::string> name = reader.next()) {
    context.check();
    ObjectStore::Writer writer = workspace.objects().writer();
    while (const std::size_t got = reader.read(buffer)) writer.write({buffer.data(), got});
    if (!is_litter(*name)) files.push_back(writer.commit(*name));
  }
  return files;
}

/// x.mhd → x, x.nii.gz → x; what a header and its data have in common, with the folder.
std::string stem(const std::string& path) {
  return path.substr(0, path.size() - io::extension_of(path).size());
}

/// The file that this one belongs to, among those of the same folder; "" if it stands for itself.
std::string leader(const std::string& path, const std::set<std::string>& all) {
  const std::string ending = io::extension_of(path);
  const auto first_of = [&](std::initializer_list<const char*> endings) -> std::string {
    for (const char* other : endings) {
      if (all.contains(stem(path) + other)) return stem(path) + other;
    }
    return "";
  };
  if (ending == ".raw" || ending == ".zraw" || ending == ".raw.gz") return first_of({".mhd", ".nhdr"});
  if (ending == ".img" || ending == ".img.gz") return first_of({".hdr", ".nhdr"});
  if (ending == ".txt") return first_of({"", ".gz"});  // x.nii.txt → x.nii, x.nii.gz
  return "";
}

class Sorter {
 public:
  Sorter(Workspace& workspace, const Artifact& whole) : workspace_(workspace), whole_(whole) {}

  std::vector<Artifact> sort(const std::vector<StoredFile>& files, const fs::path& folder,
                             const Context& context) {
    take_series(files, folder, context);
    std::set<std::string> names;
    for (std::size_t i = 0; i < files.size(); ++i)
      if (!taken_.contains(i)) names.insert(files[i].path);
    std::map<std::string, Artifact*> by_leader;
    parts_.reserve(parts_.size() + names.size());
    for (const bool followers : {false, true}) {
      for (std::size_t i = 0; i < files.size(); ++i) {
        if (taken_.contains(i) || is_litter(files[i].path)) continue;
        const std::string first = leader(files[i].path, names);
        if (first.empty() == followers) continue;
        if (followers) {
          const auto found = by_leader.find(first);
          if (found == by_leader.end()) continue;
          found->second->files.push_back(files[i]);
          if (io::extension_of(files[i].path) == ".txt") found->second->kind = "labels";
        } else {
          add(fs::path(files[i].path).filename().string(), "file", {files[i]});
          by_leader[files[i].path] = &parts_.back();
        }
      }
    }
    return std::move(parts_);
  }

 private:
  void add(std::string name, const std::string& kind, std::vector<StoredFile> files) {
    Artifact part;
    part.id = new_id();
    part.kind = kind;
    part.name = std::move(name);
    part.created = now();
    part.tags = whole_.tags;
    part.files = std::move(files);
    parts_.push_back(std::move(part));
  }

  /// DICOM says itself what belongs together, wherever the files lay.
  void take_series(const std::vector<StoredFile>& files, const fs::path& folder, const Context& context) {
    fs::create_directories(folder);
    for (std::size_t i = 0; i < files.size(); ++i)
      fs::create_symlink(workspace_.objects().path(files[i].sha256), folder / fmt::format("{:08}", i));
    std::map<std::string, int> used;
    for (const io::DicomSeries& series : io::list_series(folder, context)) {
      std::vector<StoredFile> members;
      for (const fs::path& file : series.files) {
        const auto index = static_cast<std::size_t>(std::stoull(file.filename().string()));
        members.push_back(files[index]);
        taken_.insert(index);
      }
      if (members.size() == 1) {
        add(fs::path(members[0].path).filename().string(), "file", members);
        continue;
      }
      std::string name = series_name(members);
      if (const int count = ++used[name]; count > 1) name += fmt::format(" ({})", count);
      add(std::move(name), "series", std::move(members));
    }
  }

  /// The innermost folder that all of them are in; what the headers say may name a patient.
  std::string series_name(const std::vector<StoredFile>& members) const {
    const fs::path parent = fs::path(members[0].path).parent_path();
    const bool together = std::all_of(members.begin(), members.end(), [&](const StoredFile& file) {
      return fs::path(file.path).parent_path() == parent;
    });
    const std::string name = parent.filename().string();
    return together && !name.empty() ? name : stem(whole_.name);
  }

  Workspace& workspace_;
  const Artifact& whole_;
  std::vector<Artifact> parts_;
  std::set<std::size_t> taken_;
};

}  // namespace

std::vector<fs::path> with_companions(const fs::path& file) {
  std::vector<fs::path> files{file};
  const std::string ending = io::extension_of(file);
  std::vector<std::string> beside;
  if (ending == ".mhd" || ending == ".nhdr" || ending == ".hdr") {
    for (const char* data : {".raw", ".zraw", ".raw.gz", ".img", ".img.gz"})
      beside.push_back(stem(file.string()) + data);
  }
  if (ending == ".nii" || ending == ".nii.gz") beside.push_back(stem(file.string()) + ".nii.txt");
  for (const std::string& other : beside) {
    if (leader(other, {file.string()}) == file.string() && fs::is_regular_file(other))
      files.emplace_back(other);
  }
  return files;
}

std::vector<Artifact> parts_of(Workspace& workspace, const Artifact& whole, const fs::path& folder,
                               const Context& context) {
  const bool packed = whole.files.size() == 1 && io::is_archive_name(whole.name);
  const std::vector<StoredFile> files = packed ? unpacked(workspace, whole.files[0], context) : whole.files;
  std::vector<Artifact> parts = Sorter(workspace, whole).sort(files, folder, context);
  if (parts.empty())
    throw Error(ErrorCode::invalid_input, fmt::format("{} holds no files, nothing to keep", whole.name));
  return parts;
}

}  // namespace sg::platform
