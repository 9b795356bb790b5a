#pragma once
#include <filesystem>
#include <span>
#include <vector>

#include "core/context.h"
#include "io/dicom_frames.h"
#include "io/files.h"

namespace sg::io {

/// Where the files of an image come from: one in memory, or paths.
struct DicomSource {
  std::span<const std::uint8_t> bytes;
  std::vector<std::filesystem::path> paths;
};

/// Calls use(file) with the parsed object; its bytes live as long as the call.
template <class Use>
void with_file(const DicomSource& source, std::size_t object, Use use) {
  if (source.paths.empty()) return use(parse_dicom(source.bytes));
  const Bytes bytes = read_file(source.paths[object]);
  use(parse_dicom(bytes));
}

/// Decodes the images of a stack into one volume: rescaled values in the type dicom.h promises, or colour as
/// three channels. Adds to the stack's warnings. `objects` are in the order of the source.
AnyVolume assemble_voxels(const DicomSource& source, const std::vector<ObjectInfo>& objects,
                          FrameStack& stack, const Context& context);

}  // namespace sg::io
