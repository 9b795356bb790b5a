#include "io/nifti_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/error.h"
#include "io/text.h"

namespace sg::io {
namespace {

class Fields {
 public:
  Fields(ByteView head, bool swap) : head_(head), swap_(swap) {}

  template <class T>
  T get(std::size_t offset) const {
    std::uint8_t raw[sizeof(T)];
    std::copy_n(head_.data() + offset, sizeof(T), raw);
    if (swap_) std::reverse(raw, raw + sizeof(T));
    T value;
    std::memcpy(&value, raw, sizeof(T));
    return value;
  }
  std::string text(std::size_t offset, std::size_t length) const {
    return clean_text(as_text(head_.subspan(offset, length)));
  }

 private:
  ByteView head_;
  bool swap_;
};

template <class T>
void put(Bytes& head, std::size_t offset, T value) {
  std::memcpy(head.data() + offset, &value, sizeof(T));
}

void put_text(Bytes& head, std::size_t offset, std::size_t room, const std::string& text) {
  std::memcpy(head.data() + offset, text.data(), std::min(room - 1, text.size()));
}

/// Where the fields of a version lie; Dim, Real and Code are their types there.
struct Offsets {
  std::size_t dim, datatype, bits, pixdim, data_offset, slope, units, intent, description, auxiliary, codes,
      quatern, rows, intent_name;
};
constexpr Offsets first{40, 70, 72, 76, 108, 112, 123, 68, 148, 228, 252, 256, 280, 328};
constexpr Offsets second{16, 12, 14, 104, 168, 176, 500, 504, 240, 320, 344, 352, 400, 508};

template <class Dim, class Real, class Code>
void parse(const Fields& fields, const Offsets& at, NiftiHeader& h) {
  for (std::size_t i = 0; i < 8; ++i) {
    h.dim[i] = static_cast<std::int64_t>(fields.get<Dim>(at.dim + i * sizeof(Dim)));
    h.pixdim[i] = static_cast<double>(fields.get<Real>(at.pixdim + i * sizeof(Real)));
  }
  h.datatype = fields.get<std::int16_t>(at.datatype);
  h.bits = fields.get<std::int16_t>(at.bits);
  h.slope = static_cast<double>(fields.get<Real>(at.slope));
  h.intercept = static_cast<double>(fields.get<Real>(at.slope + sizeof(Real)));
  h.description = fields.text(at.description, 80);
  h.auxiliary_file = fields.text(at.auxiliary, 24);
  h.qform_code = static_cast<int>(fields.get<Code>(at.codes));
  h.sform_code = static_cast<int>(fields.get<Code>(at.codes + sizeof(Code)));
  h.intent_code = static_cast<int>(fields.get<Code>(at.intent));
  h.intent_name = fields.text(at.intent_name, 16);
  for (std::size_t i = 0; i < 3; ++i) {
    h.quatern[i] = static_cast<double>(fields.get<Real>(at.quatern + i * sizeof(Real)));
    h.qoffset[i] = static_cast<double>(fields.get<Real>(at.quatern + (3 + i) * sizeof(Real)));
    for (std::size_t j = 0; j < 4; ++j) {
      h.srow[i][j] = static_cast<double>(fields.get<Real>(at.rows + (4 * i + j) * sizeof(Real)));
    }
  }
}

template <class Dim, class Real, class Code>
void format(const NiftiHeader& h, const Offsets& at, Bytes& head) {
  for (std::size_t i = 0; i < 8; ++i) {
    put(head, at.dim + i * sizeof(Dim), static_cast<Dim>(h.dim[i]));
    put(head, at.pixdim + i * sizeof(Real), static_cast<Real>(h.pixdim[i]));
  }
  put(head, at.datatype, static_cast<std::int16_t>(h.datatype));
  put(head, at.bits, static_cast<std::int16_t>(h.bits));
  put(head, at.slope, static_cast<Real>(h.slope));
  put(head, at.slope + sizeof(Real), static_cast<Real>(h.intercept));
  put_text(head, at.description, 80, h.description);
  put_text(head, at.auxiliary, 24, h.auxiliary_file);
  put(head, at.codes, static_cast<Code>(h.qform_code));
  put(head, at.codes + sizeof(Code), static_cast<Code>(h.sform_code));
  put(head, at.intent, static_cast<Code>(h.intent_code));
  put_text(head, at.intent_name, 16, h.intent_name);
  for (std::size_t i = 0; i < 3; ++i) {
    put(head, at.quatern + i * sizeof(Real), static_cast<Real>(h.quatern[i]));
    put(head, at.quatern + (3 + i) * sizeof(Real), static_cast<Real>(h.qoffset[i]));
    for (std::size_t j = 0; j < 4; ++j) {
      put(head, at.rows + (4 * i + j) * sizeof(Real), static_cast<Real>(h.srow[i][j]));
    }
  }
}

}  // namespace

NiftiHeader parse_nifti_header(ByteView head) {
  if (head.size() < nifti1_header_size) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("truncated: a NIfTI header needs {} bytes, the file holds {}", nifti1_header_size,
                            head.size()));
  }
  const auto size = Fields(head, false).get<std::int32_t>(0),
             swapped = Fields(head, true).get<std::int32_t>(0);
  const auto is_header_size = [](std::int32_t n) {
    return n == nifti1_header_size || n == nifti2_header_size;
  };
  NiftiHeader h;
  h.big_endian = is_header_size(swapped);
  if (!h.big_endian && !is_header_size(size)) {
    throw Error(
        ErrorCode::invalid_input,
        fmt::format("not a NIfTI header: its first number is {}, expected {} (NIfTI-1) or {} (NIfTI-2)", size,
                    nifti1_header_size, nifti2_header_size));
  }
  const Fields fields(head, h.big_endian);
  if ((h.big_endian ? swapped : size) == nifti2_header_size) {
    if (head.size() < nifti2_header_size) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("truncated: a NIfTI-2 header needs {} bytes, the file holds {}",
                              nifti2_header_size, head.size()));
    }
    h.version = 2;
    h.single_file = head[5] == '+';
    parse<std::int64_t, double, std::int32_t>(fields, second, h);
    h.data_offset = static_cast<double>(fields.get<std::int64_t>(second.data_offset));
    h.units = fields.get<std::int32_t>(second.units);
    return h;
  }
  const std::string_view magic = as_text(head.subspan(344, 4));
  h.version = magic.substr(0, 2) == "n+" || magic.substr(0, 2) == "ni" ? 1 : 0;
  h.single_file = magic.substr(0, 2) == "n+";
  parse<std::int16_t, float, std::int16_t>(fields, first, h);
  h.data_offset = static_cast<double>(fields.get<float>(first.data_offset));
  h.units = head[first.units];
  if (h.version == 0) {  // Analyze 7.5 keeps other things where NIfTI has these
    h.slope = h.intercept = 0;
    h.units = h.intent_code = h.qform_code = h.sform_code = 0;
    h.intent_name.clear();
  }
  return h;
}

Bytes format_nifti_header(const NiftiHeader& h) {
  if (h.version == 2) {
    Bytes head(nifti2_header_size + 4);
    put(head, 0, static_cast<std::int32_t>(nifti2_header_size));
    constexpr std::uint8_t magic[] = {'n', '+', '2', 0, '\r', '\n', 0x1A, '\n'};
    std::copy(std::begin(magic), std::end(magic), head.begin() + 4);
    format<std::int64_t, double, std::int32_t>(h, second, head);
    put(head, second.data_offset, static_cast<std::int64_t>(h.data_offset));
    put(head, second.units, static_cast<std::int32_t>(h.units));
    return head;
  }
  Bytes head(nifti1_header_size + 4);
  put(head, 0, static_cast<std::int32_t>(nifti1_header_size));
  head[38] = 'r';  // "regular", which Analyze readers look for
  format<std::int16_t, float, std::int16_t>(h, first, head);
  put(head, first.data_offset, static_cast<float>(h.data_offset));
  head[first.units] = static_cast<std::uint8_t>(h.units);
  put_text(head, 344, 4, "n+1");
  return head;
}

}  // namespace sg::io
