#include <fmt/format.h>

#include <filesystem>
#include <optional>

#include "core/sha256.h"
#include "server/api.h"

namespace sg::server {
namespace {

using platform::Artifact;
using platform::ObjectStore;
using platform::StoredFile;
using platform::Workspace;

/// Said of what belongs together; nothing is sorted then.
const std::vector<std::string> kept_kinds{"labels", "series", "images", "file"};
constexpr std::size_t most_files = 100000;
/// The database and running work need room, too.
constexpr std::uintmax_t kept_free = 256 << 20;

std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  while (from <= text.size()) {
    const std::size_t to = std::min(text.find(',', from), text.size());
    if (to > from) parts.push_back(text.substr(from, to - from));
    from = to + 1;
  }
  return parts;
}

/// Refused before the first byte, where the client says how many there will be.
void refuse_too_much(const Workspace& workspace, const Call& call) {
  std::error_code error;
  const auto free = std::filesystem::space(workspace.folder(), error).available;
  const std::string text = call.request.get_header_value("Content-Length");
  const std::uintmax_t length = std::strtoull(text.c_str(), nullptr, 10);
  if (error || (free > kept_free && length < free - kept_free)) return;
  throw Error(ErrorCode::resource,
              fmt::format("the upload has {} bytes, the disk of the workspace {} left", length, free));
}

[[noreturn]] void cut_off() {
  throw Malformed(ErrorCode::invalid_input, "the upload was cut off or is not well formed, nothing was kept");
}

std::vector<StoredFile> read_raw(Workspace& workspace, const Call& call, const std::string& name) {
  ObjectStore::Writer writer = workspace.objects().writer();
  const bool whole = call.read([&](const char* data, std::size_t size) {
    writer.write({reinterpret_cast<const std::uint8_t*>(data), size});
    return true;
  });
  if (!whole) cut_off();
  return {writer.commit(name)};
}

/// Every part that has a file name; the paths that browsers send with folders are kept as names.
std::vector<StoredFile> read_parts(Workspace& workspace, const Call& call) {
  std::vector<StoredFile> files;
  std::optional<ObjectStore::Writer> writer;
  std::string name;
  const auto finish = [&] {
    if (writer) files.push_back(writer->commit(name));
    writer.reset();
  };
  const bool whole = call.read(
      [&](const httplib::MultipartFormData& part) {
        finish();
        name = part.filename;
        if (!name.empty()) writer.emplace(workspace.objects().writer());
        return files.size() < most_files;
      },
      [&](const char* data, std::size_t size) {
        if (writer) writer->write({reinterpret_cast<const std::uint8_t*>(data), size});
        return true;
      });
  if (!whole) cut_off();
  finish();
  if (files.empty())
    throw Error(ErrorCode::invalid_input, "the form holds no files, expected parts with a filename",
                "filename");
  return files;
}

/// What several files are called together: the folder they came from.
std::string name_of(const std::vector<StoredFile>& files) {
  const std::filesystem::path first = files[0].path;
  if (files.size() == 1) return first.filename().string();
  const std::string top = first.begin()->string();
  return first.has_parent_path() && top != "/" && top != ".." ? top : "upload";
}

void upload(const Services& services, const Call& call) {
  Workspace& workspace = services.workspace;
  refuse_too_much(workspace, call);
  std::string name = call.query("name");
  const std::string kind = call.choice("kind", kept_kinds, "");
  const bool form = call.request.is_multipart_form_data();
  if (!form && name.empty())
    throw Error(ErrorCode::invalid_input, "name is missing: the file's name, ?name=scan.nii.gz", "name");
  const std::vector<StoredFile> files = form ? read_parts(workspace, call) : read_raw(workspace, call, name);
  if (name.empty()) name = name_of(files);
  Json digest = {{"name", name}, {"tags", call.query("tags")}};
  for (const StoredFile& file : files) digest["files"].push_back({file.path, file.sha256});
  const platform::Once once{call.request.get_header_value("Idempotency-Key"), sha256(op::dump(digest))};
  const Artifact artifact = workspace.add(files, name, words(call.query("tags")), once, kind);
  services.scheduler.wake();
  call.response.set_header("Location", "/api/v1/artifacts/" + artifact.id);
  call.reply(201, to_json(artifact));
}

}  // namespace

std::vector<Route> upload_routes() {
  return {
      {"POST",
       "/artifacts",
       "Keeps a file: its bytes as the body with ?name=, or a multipart form. Several files, folders and "
       "archives (.zip, .tar, .tar.gz) are sorted afterwards: a series of DICOM becomes one artifact, other "
       "files one each, and the one given here is then deleted",
       upload,
       "bytes",
       "Artifact",
       201,
       {{"name", "the file's name; obligatory unless the body is a form"},
        {"tags", "separated by commas"},
        {"kind",
         "keeps all files together as one thing: labels (a label map), series (DICOM), images (a "
         "collection), file (anything)",
         "string", kept_kinds}}}};
}

}  // namespace sg::server
