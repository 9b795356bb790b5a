#pragma once
#include <string>

namespace sg::io {

/// How pixel data are encoded, as far as this module can read it.
enum class PixelEncoding { unknown, native, rle, jpeg, jpeg_ls, jpeg2000 };
PixelEncoding encoding_of(const std::string& transfer_syntax);

/// The name DICOM PS3.6 gives a UID, followed by the UID in brackets; the bare UID if it has no name there.
std::string uid_name(const std::string& uid);
/// The name alone; the UID if it has none.
std::string bare_uid_name(const std::string& uid);

}  // namespace sg::io
