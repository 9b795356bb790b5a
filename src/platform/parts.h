#pragma once
#include <filesystem>
#include <vector>

#include "core/context.h"
#include "platform/workspace.h"

namespace sg::platform {

/// What a folder (or an archive) of files holds, each thing as an artifact still to be inspected: the DICOM
/// files of one series together, a header with its data (.mhd and .raw, .hdr and .img, .nhdr and its file),
/// an image with the names of its labels (x.nii.gz and x.nii.txt), every other file by itself. Files that
/// operating systems leave behind are left out. Tags go on to each. `folder` is where files are laid out.
/// Throws invalid_input if nothing is left, and what ArchiveReader throws.
std::vector<Artifact> parts_of(Workspace& workspace, const Artifact& whole,
                               const std::filesystem::path& folder, const Context& context = {});

/// A file and what lies beside it and belongs to it: the data of a header, the names of labels.
std::vector<std::filesystem::path> with_companions(const std::filesystem::path& file);

}  // namespace sg::platform
