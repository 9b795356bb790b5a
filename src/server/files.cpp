#include "server/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "core/error.h"
#include "io/archive.h"
#include "io/files.h"

namespace sg::server {
namespace {

/// What a browser may show by itself; all else is a download.
std::string media_type(const std::string& name) {
  static const std::map<std::string, std::string> types{{".png", "image/png"},
                                                        {".jpg", "image/jpeg"},
                                                        {".jpeg", "image/jpeg"},
                                                        {".wav", "audio/wav"},
                                                        {".flac", "audio/flac"},
                                                        {".html", "text/html; charset=utf-8"},
                                                        {".json", "application/json"},
                                                        {".csv", "text/csv; charset=utf-8"},
                                                        {".tsv", "text/tab-separated-values; charset=utf-8"},
                                                        {".txt", "text/plain; charset=utf-8"},
                                                        {".md", "text/plain; charset=utf-8"},
                                                        {".log", "text/plain; charset=utf-8"},
                                                        {".glb", "model/gltf-binary"}};
  const auto found = types.find(io::extension_of(name));
  return found == types.end() ? "application/octet-stream" : found->second;
}

/// A file name for Content-Disposition (RFC 6266, 8187): any text, no way out of the quotes; for those who do
/// not read the long form, the same in plain letters.
std::string disposition(bool attachment, const std::string& name) {
  const std::string safe = platform::safe_name(name), encoded = percent_encoded(safe);
  std::string plain = safe;
  for (char& c : plain)
    if (percent_encoded(std::string(1, c)).size() != 1) c = '_';
  return fmt::format("{}; filename=\"{}\"; filename*=UTF-8''{}", attachment ? "attachment" : "inline", plain,
                     encoded);
}

/// Names inside an archive: relative, harmless on any system, each once.
class EntryNames {
 public:
  std::string of(const platform::StoredFile& file) {
    std::string name;
    for (const auto& part : std::filesystem::path(file.path).relative_path()) {
      if (part == "." || part == ".." || part.empty()) continue;
      name += (name.empty() ? "" : "/") + platform::safe_name(part.string());
    }
    if (name.empty()) name = "file";
    if (!taken_.insert(name).second) {
      name = file.sha256.substr(0, 12) + "_" + std::filesystem::path(name).filename().string();
      taken_.insert(name);
    }
    return name;
  }

 private:
  std::set<std::string> taken_;
};

/// cpp-httplib answers from the ranges as they were asked for, beyond the end, too. Cut to the size here;
/// several ranges count as none, which RFC 9110 allows. False: none of it exists.
bool fit_range(const httplib::Request& request, ssize_t size) {
  auto& ranges = const_cast<httplib::Request&>(request).ranges;  // the server's own object, made to be read
  if (ranges.size() > 1) ranges.clear();
  if (ranges.empty()) return true;
  auto& [first, last] = ranges[0];
  if (first < 0) {  // the last so many bytes
    first = std::max<ssize_t>(0, size - last);
    last = size - 1;
  }
  if (last < 0 || last >= size) last = size - 1;
  if (first <= last) return true;
  ranges.clear();
  return false;
}

}  // namespace

void send_object(const Call& call, const platform::Workspace& workspace, const std::string& sha256,
                 const std::string& name) {
  const std::string tag = "\"" + sha256 + "\"";
  httplib::Response& response = call.response;
  response.set_header("ETag", tag);
  response.set_header("Cache-Control", "private, max-age=31536000, immutable");
  if (call.request.get_header_value("If-None-Match") == tag) {
    response.status = 304;
    return;
  }
  const int descriptor = ::open(workspace.objects().path(sha256).c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw Error(ErrorCode::not_found, fmt::format("object {} cannot be read", sha256));
  const off_t size = ::lseek(descriptor, 0, SEEK_END);
  if (!fit_range(call.request, static_cast<ssize_t>(size))) {
    ::close(descriptor);
    response.set_header("Content-Range", fmt::format("bytes */{}", size));
    return reply_problem(
        response, Error(ErrorCode::invalid_input, fmt::format("the range lies beyond {} bytes", size)), 416);
  }
  const std::string type = media_type(name);
  const bool shown = type != "application/octet-stream" && !call.request.has_param("download");
  response.set_header("Content-Disposition", disposition(!shown, name));
  // Whatever an HTML file brings, it runs apart from this origin and reaches nothing.
  if (type.starts_with("text/html"))
    response.set_header(
        "Content-Security-Policy",
        "sandbox allow-scripts; default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        "script-src 'unsafe-inline'");
  response.set_content_provider(
      static_cast<std::size_t>(size), type,
      [descriptor](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
        std::vector<char> block(std::min<std::size_t>(length, 1 << 18));
        const ssize_t count = ::pread(descriptor, block.data(), block.size(), static_cast<off_t>(offset));
        return count > 0 && sink.write(block.data(), static_cast<std::size_t>(count));
      },
      [descriptor](bool) { ::close(descriptor); });
}

void send_archive(const Call& call, const platform::Workspace& workspace,
                  const platform::Artifact& artifact) {
  call.response.set_header("Content-Disposition", disposition(true, artifact.name + ".zip"));
  call.response.set_chunked_content_provider(
      "application/zip", [&workspace, files = artifact.files](std::size_t, httplib::DataSink& sink) {
        try {
          io::ZipWriter zip([&sink](std::span<const std::uint8_t> bytes) {
            return sink.write(reinterpret_cast<const char*>(bytes.data()), bytes.size());
          });
          EntryNames names;
          for (const platform::StoredFile& file : files)
            zip.add(workspace.objects().path(file.sha256), names.of(file));
          zip.finish();
        } catch (const Error&) {
          return false;  // the connection ends without the last chunk: the client sees that it is cut off
        }
        sink.done();
        return true;
      });
}

}  // namespace sg::server
