#include "platform/workspace.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <set>

#include "core/error.h"
#include "core/sha256.h"
#include "io/archive.h"
#include "io/describe.h"
#include "io/dicom.h"
#include "io/files.h"
#include "io/image_folder.h"
#include "io/image_io.h"
#include "platform/parts.h"
#include "platform/thumbnail.h"

namespace sg::platform {
namespace {

namespace fs = std::filesystem;

fs::path opened(fs::path folder, bool create) {
  std::error_code error;
  if (!fs::exists(folder / "workspace.db")) {
    if (!create) {
      throw Error(ErrorCode::not_found,
                  fmt::format("{} holds no workspace (no workspace.db): \"workspace create\" makes one",
                              folder.string()));
    }
    fs::create_directories(folder / "runs", error);
    if (error) {
      throw Error(ErrorCode::forbidden,
                  fmt::format("workspace {} cannot be made: {}", folder.string(), error.message()));
    }
  }
  return fs::absolute(folder);
}

/// The regular files of a folder and its subfolders, relative, sorted; links are not followed.
std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && !entry.is_symlink()) files.push_back(fs::relative(entry.path(), folder));
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// What a file is that no reader of io knows, by its ending: kind and format.
std::pair<std::string, std::string> other_kind(const fs::path& path) {
  const std::string ending = io::extension_of(path);
  if (ending == ".html") return {"report", "HTML"};
  if (ending == ".json") return {"document", "JSON"};
  if (ending == ".md") return {"document", "Markdown"};
  if (ending == ".safetensors") return {"tensors", "safetensors"};
  return {};
}

/// What no reader knows, but people can read: .txt and the like, no control characters at its beginning.
bool is_text(const fs::path& path) {
  const std::string ending = io::extension_of(path);
  if (ending != ".txt" && ending != ".log" && ending != ".yaml" && ending != ".yml" && ending != ".xml")
    return false;
  std::ifstream stream(path, std::ios::binary);
  std::string beginning(4096, ' ');
  stream.read(beginning.data(), static_cast<std::streamsize>(beginning.size()));
  beginning.resize(static_cast<std::size_t>(stream.gcount()));
  return std::none_of(beginning.begin(), beginning.end(), [](unsigned char c) {
    return c < 32 && c != '\n' && c != '\r' && c != '\t' && c != '\f';
  });
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
    text.replace(at, what.size(), with);
  return text;
}

/// A series whose images do not make a volume (radiographs, scouts, several orientations) is still one to
/// look at. Rethrows `why` if the folder holds no images of one series.
io::Described loose_series(const fs::path& folder, const Error& why, const Context& context) {
  const std::vector<io::DicomSeries> all = io::list_series(folder, context);
  if (all.size() != 1 || all[0].frames == 0) throw Error(why);
  const io::DicomSeries& series = all[0];
  const std::string reason = replaced(why.what(), folder.string() + "/", "");
  Document properties;
  properties.properties = {{"modality", series.modality, ""},
                           {"sop_class", series.sop_class, ""},
                           {"transfer_syntax", series.transfer_syntax, ""},
                           {"instances", series.instances, ""},
                           {"frames", series.frames, ""},
                           {"warnings", std::vector<std::string>{"no volume: " + reason}, ""}};
  return {"image", "DICOM", std::move(properties)};
}

}  // namespace

std::string safe_name(const std::string& name) {
  std::string safe;
  for (const char c : name)
    safe += static_cast<unsigned char>(c) < 32 || c == '/' || c == '\\' || c == 127 ? '_' : c;
  safe.erase(0, safe.find_first_not_of('.'));
  constexpr std::size_t most = 120;
  if (safe.size() > most) {
    const std::string ending = io::extension_of(safe);
    const std::string kept = ending.size() < 20 ? safe.substr(safe.size() - ending.size()) : "";
    std::size_t cut = most - kept.size();
    while (cut > 0 && (static_cast<unsigned char>(safe[cut]) & 0xC0) == 0x80) --cut;  // no half characters
    safe = safe.substr(0, cut) + kept;
  }
  return safe.empty() ? "file" : safe;
}

Workspace::Workspace(fs::path folder, bool create)
    : folder_(opened(std::move(folder), create)),
      store_(folder_ / "workspace.db"),
      objects_(folder_ / "objects") {}

fs::path Workspace::run_folder(const std::string& run) const {
  if (!is_id(run)) throw Error(ErrorCode::invalid_input, fmt::format("\"{}\" is no id of a run", run), "id");
  return folder_ / "runs" / run;
}

fs::path Workspace::log_file(const std::string& id) const {
  fs::path file = run_folder(id);
  return file += ".log";
}

Artifact Workspace::add(const std::vector<StoredFile>& files, const std::string& name,
                        const std::vector<std::string>& tags, const Once& once, const std::string& kind) {
  Artifact artifact;
  artifact.id = new_id();
  if (!kind.empty())
    artifact.kind = kind;
  else if (files.size() > 1 || io::is_archive_name(name))
    artifact.kind = "folder";
  artifact.name = name;
  artifact.created = now();
  artifact.files = files;
  artifact.tags = tags;
  const std::string id = store_.add(artifact, once);
  return id == artifact.id ? artifact : store_.artifact(id);
}

Artifact Workspace::import(const fs::path& path, const std::vector<std::string>& tags,
                           const std::string& kind) {
  const std::string name = fs::absolute(path).lexically_normal().filename().string();
  std::vector<StoredFile> files;
  if (!fs::is_directory(path)) {
    for (const fs::path& file : with_companions(path))
      files.push_back(objects_.add(file, file.filename().string()));
    // One thing, whatever it consists of; an image that comes with names of labels is a label map.
    const bool named = files.size() > 1 && io::extension_of(files.back().path) == ".txt";
    const bool one = files.size() > 1 && kind.empty();
    return add(files, name, tags, {}, one ? named ? "labels" : "file" : kind);
  }
  for (const fs::path& file : files_below(path)) files.push_back(objects_.add(path / file, file.string()));
  if (files.empty()) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("folder {} holds no files, nothing to import", path.string()));
  }
  return add(files, name, tags, {}, kind);
}

fs::path Workspace::lay_out(const Artifact& artifact, const fs::path& folder) const {
  fs::create_directories(folder);
  std::set<std::string> taken;
  fs::path first;
  for (std::size_t i = 0; i < artifact.files.size(); ++i) {
    const StoredFile& file = artifact.files[i];
    // Readers look at the ending, so files keep their names, made harmless; equal ones are told apart by
    // number.
    std::string name = safe_name(fs::path(file.path).filename().string());
    if (!taken.insert(name).second) name = fmt::format("{}_{}", i, name);
    taken.insert(name);
    const fs::path link = folder / name;
    if (!fs::is_symlink(link)) fs::create_symlink(objects_.path(file.sha256), link);
    if (i == 0) first = link;
  }
  return artifact.kind == "series" || artifact.kind == "images" ? folder : first;
}

void Workspace::describe(Artifact& artifact, const fs::path& path, const Context& context) {
  if (artifact.kind == "images") return describe_images(artifact, path, context);
  const auto [kind, format] = other_kind(path);
  if (!kind.empty()) {
    artifact.kind = kind;
    artifact.format = format;
    return;
  }
  fs::path pictured = path;
  io::Described described;
  try {
    described = io::describe(path, context);
  } catch (const Error& error) {
    if (artifact.kind != "series") throw;
    described = loose_series(path, error, context);
    pictured = io::list_series(path, context).at(0).files.at(0);
  }
  // On disk labels and pictures are images: who declared them so knows better.
  const bool is_image = described.kind == "image";
  if (!is_image || (artifact.kind != "series" && artifact.kind != "labels" && artifact.kind != "picture" &&
                    artifact.kind != "field")) {
    artifact.kind = is_image ? "volume" : described.kind;
  }
  artifact.format = described.format;
  artifact.properties = op::to_json(described.properties);
  if (artifact.kind == "labels") {
    for (const auto& [label, name] : io::read_labels(path, context).names)
      artifact.properties["labels"][std::to_string(label)] = name;
  }
  take_thumbnail(artifact, pictured, context);
}

void Workspace::describe_images(Artifact& artifact, const fs::path& folder, const Context& context) {
  const io::ImageFolder images = io::ImageFolder::open(folder);
  std::set<std::string> formats;
  for (std::size_t i = 0; i < images.size(); ++i) formats.insert(images.format(i));
  artifact.format = fmt::format("{}", fmt::join(formats, ", "));
  artifact.properties = {{"images", images.size()}};
  if (images.size() < artifact.files.size())
    artifact.properties["warnings"] = {fmt::format(
        "{} of {} files are no images", artifact.files.size() - images.size(), artifact.files.size())};
  take_thumbnail(artifact, images.file(0), context);
}

void Workspace::take_thumbnail(Artifact& artifact, const fs::path& image, const Context& context) {
  const std::vector<std::uint8_t> png = thumbnail(image, artifact.kind, context);
  if (png.empty()) return;
  ObjectStore::Writer writer = objects_.writer();
  writer.write(png);
  artifact.thumbnail = writer.commit("thumbnail.png").sha256;
}

std::vector<Artifact> Workspace::inspect(const std::string& id, const Context& context) {
  Artifact artifact = store_.artifact(id);
  const fs::path folder = folder_ / "runs" / ("inspect-" + id);
  const struct Remover {
    fs::path folder;
    ~Remover() {
      std::error_code ignored;
      fs::remove_all(folder, ignored);
    }
  } remover{folder};
  if (artifact.kind == "folder") {
    try {
      const std::vector<Artifact> parts = parts_of(*this, artifact, folder, context);
      store_.replace(id, parts);
      return parts;
    } catch (const Error& error) {
      if (error.code() == ErrorCode::cancelled) throw;
      artifact.kind = "file";
      artifact.state = ArtifactState::unreadable;
      artifact.problem = replaced(error.what(), artifact.files[0].sha256, artifact.name);
      store_.update(artifact);
      return {artifact};
    }
  }
  describe_or_say_why(artifact, lay_out(artifact, folder), folder, context);
  store_.update(artifact);
  return {artifact};
}

void Workspace::describe_or_say_why(Artifact& artifact, const fs::path& path, const fs::path& folder,
                                    const Context& context) {
  try {
    describe(artifact, path, context);
    artifact.state = ArtifactState::ready;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::cancelled) throw;
    // Any file may be kept; the reader's words say why it is no more than a file.
    if (is_text(path)) {
      artifact.kind = "document";
      artifact.format = "text";
      artifact.state = ArtifactState::ready;
      return;
    }
    artifact.state = ArtifactState::unreadable;
    artifact.problem =
        replaced(replaced(error.what(), folder.string() + "/", ""), folder.string(), artifact.name);
  }
}

fs::path Workspace::export_to(const std::string& id, const fs::path& folder) const {
  const Artifact artifact = store_.artifact(id);
  fs::path target = folder / safe_name(artifact.name);
  if (fs::exists(fs::symlink_status(target)))
    throw Error(ErrorCode::conflict, fmt::format("{} exists, nothing was copied", target.string()), "to");
  const fs::path hidden = folder / ("." + id + ".part");  // whole or not at all
  fs::remove_all(hidden);
  fs::create_directories(hidden);
  const fs::path laid = lay_out(artifact, hidden / "links");
  fs::create_directory(hidden / "files");
  for (const fs::directory_entry& link : fs::directory_iterator(hidden / "links"))
    fs::copy_file(fs::canonical(link.path()), hidden / "files" / link.path().filename());
  // Objects are read-only; a copy is its owner's.
  for (const fs::directory_entry& file : fs::directory_iterator(hidden / "files"))
    fs::permissions(file, fs::perms::owner_write, fs::perm_options::add);
  fs::rename(artifact.files.size() == 1 ? hidden / "files" / laid.filename() : hidden / "files", target);
  fs::remove_all(hidden);
  return target;
}

References Workspace::references(const std::string& artifact) const {
  References found;
  std::set<std::string> seen{artifact};
  std::vector<std::string> open{artifact};
  while (!open.empty()) {
    const std::string current = open.back();
    open.pop_back();
    for (const std::string& run : store_.runs_with_input(current)) {
      if (!seen.insert(run).second) continue;
      found.runs.push_back(run);
      ArtifactQuery made;
      made.origin_run = run;
      made.limit = 1000;
      for (const Artifact& child : store_.artifacts(made).items) {
        if (!seen.insert(child.id).second) continue;
        found.artifacts.push_back(child.id);
        open.push_back(child.id);
      }
    }
  }
  return found;
}

void Workspace::remove(const std::string& id, Reach reach) {
  const Artifact artifact = store_.artifact(id);
  const References referring = references(id);
  if (reach == Reach::none && !referring.empty()) {
    throw Error(
        ErrorCode::conflict,
        fmt::format("artifact {} was used by {} runs, which made {} artifacts: delete with reach \"only\" "
                    "(leaves a gap in their lineage) or \"all\" (deletes them, too)",
                    id, referring.runs.size(), referring.artifacts.size()),
        "reach");
  }
  std::vector<std::string> artifacts{id}, runs;
  if (reach == Reach::all) {
    artifacts.insert(artifacts.end(), referring.artifacts.begin(), referring.artifacts.end());
    runs = referring.runs;
  }
  store_.remove(artifacts, runs);
}

std::vector<std::string> Workspace::check(const Context& context) const {
  std::vector<std::string> problems = store_.check();
  const std::vector<std::string> used = store_.objects_in_use();
  for (std::size_t i = 0; i < used.size(); ++i) {
    context.progress(static_cast<double>(i) / static_cast<double>(used.size()));
    if (!objects_.holds(used[i])) {
      problems.push_back(fmt::format("object {} is missing", used[i]));
    } else if (hash_path(objects_.path(used[i])).sha256 != used[i]) {
      problems.push_back(fmt::format("object {} is damaged: its content has another SHA-256", used[i]));
    }
  }
  return problems;
}

std::int64_t Workspace::clean() {
  objects_.sweep();
  const std::vector<std::string> all = objects_.list(), used = store_.objects_in_use();
  const auto hour_ago = fs::file_time_type::clock::now() - std::chrono::hours(1);
  std::int64_t freed = 0;
  for (const std::string& object : all) {
    if (std::binary_search(used.begin(), used.end(), object)) continue;
    const fs::path path = objects_.path(object);
    // A young one may belong to an import whose record is still to come.
    if (fs::last_write_time(path) > hour_ago) continue;
    freed += static_cast<std::int64_t>(fs::file_size(path));
    objects_.remove(object);
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_ / "runs")) {
    const std::string id = entry.path().stem().string();
    if (entry.path().extension() != ".log" || !is_id(id) || store_.has_run(id)) continue;
    freed += static_cast<std::int64_t>(entry.file_size());
    fs::remove(entry.path());
  }
  return freed;
}

void Workspace::backup(const fs::path& target, const Context& context) const {
  if (fs::exists(target))
    throw Error(ErrorCode::conflict,
                fmt::format("{} exists, expected a new folder for the backup", target.string()));
  fs::create_directories(target / "runs");
  // Records first: every object they name is there already, and none of them goes while they are copied.
  store_.backup(target / "workspace.db");
  ObjectStore copy(target / "objects");
  const Store records(target / "workspace.db");
  const std::vector<std::string> used = records.objects_in_use();
  for (std::size_t i = 0; i < used.size(); ++i) {
    context.progress(static_cast<double>(i) / static_cast<double>(used.size()));
    copy.add(objects_.path(used[i]), used[i]);
  }
}

}  // namespace sg::platform
