#include "app/docs.h"

#include <fmt/format.h>

#include <set>
#include <system_error>

#include "core/error.h"
#include "io/files.h"
#include "op/json.h"
#include "op/markdown.h"
#include "server/openapi.h"

namespace sg::app {

void write_docs(const std::vector<op::Operation>& operations, const std::filesystem::path& directory) {
  std::error_code error;
  const std::filesystem::path pages_folder = directory / "operations";
  std::filesystem::create_directories(pages_folder, error);
  if (error)
    throw Error(ErrorCode::forbidden, fmt::format("cannot make {}: {}", directory.string(), error.message()),
                "directory");
  std::set<std::filesystem::path> pages{"README.md"};
  io::write_file(directory / "openapi.json", op::dump(server::openapi(operations), 1) + "\n");
  io::write_file(pages_folder / "README.md", op::markdown_index(operations));
  for (const op::Operation& operation : operations) {
    pages.insert(operation.name + ".md");
    io::write_file(pages_folder / (operation.name + ".md"), op::markdown(operation));
  }
  // Only pages of the form module.verb.md are ours to remove.
  for (const auto& entry : std::filesystem::directory_iterator(pages_folder)) {
    const std::filesystem::path name = entry.path().filename();
    if (name.extension() == ".md" && name.stem().has_extension() && !pages.contains(name))
      std::filesystem::remove(entry.path(), error);
  }
}

}  // namespace sg::app
