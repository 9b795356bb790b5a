#include "io/dicom_uids.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "dcmtk/config/osconfig.h"

#include "dcmtk/dcmdata/dcuid.h"

namespace sg::io {
namespace {

struct Encoding {
  std::string_view uid;
  PixelEncoding encoding;
};
constexpr std::array encodings{
    Encoding{"1.2.840.10008.1.2", PixelEncoding::native},
    Encoding{"1.2.840.10008.1.2.1", PixelEncoding::native},
    Encoding{"1.2.840.10008.1.2.1.99", PixelEncoding::native},
    Encoding{"1.2.840.10008.1.2.2", PixelEncoding::native},
    Encoding{"1.2.840.10008.1.2.5", PixelEncoding::rle},
    Encoding{"1.2.840.10008.1.2.4.50", PixelEncoding::jpeg},
    Encoding{"1.2.840.10008.1.2.4.51", PixelEncoding::jpeg},
    Encoding{"1.2.840.10008.1.2.4.53", PixelEncoding::jpeg},
    Encoding{"1.2.840.10008.1.2.4.55", PixelEncoding::jpeg},
    Encoding{"1.2.840.10008.1.2.4.57", PixelEncoding::jpeg},
    Encoding{"1.2.840.10008.1.2.4.70", PixelEncoding::jpeg},
    Encoding{"1.2.840.10008.1.2.4.80", PixelEncoding::jpeg_ls},
    Encoding{"1.2.840.10008.1.2.4.81", PixelEncoding::jpeg_ls},
    Encoding{"1.2.840.10008.1.2.4.90", PixelEncoding::jpeg2000},
    Encoding{"1.2.840.10008.1.2.4.91", PixelEncoding::jpeg2000},
};

/// UIDs hold digits and dots; anything else in that place is not repeated to the reader.
bool is_uid(const std::string& text) {
  return !text.empty() && text.size() <= 64 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

}  // namespace

PixelEncoding encoding_of(const std::string& transfer_syntax) {
  for (const Encoding& e : encodings) {
    if (e.uid == transfer_syntax) return e.encoding;
  }
  return PixelEncoding::unknown;
}

std::string bare_uid_name(const std::string& uid) {
  if (!is_uid(uid)) return "an invalid UID";
  const char* name = dcmFindNameOfUID(uid.c_str());
  return name == nullptr ? uid : name;
}

std::string uid_name(const std::string& uid) {
  const std::string name = bare_uid_name(uid);
  return name == uid || !is_uid(uid) ? name : fmt::format("{} ({})", name, uid);
}

}  // namespace sg::io
