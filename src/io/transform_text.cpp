#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/error.h"
#include "io/text.h"
#include "io/transform_records.h"

namespace sg::io {
namespace {

[[noreturn]] void bad(const std::string& what) { throw Error(ErrorCode::invalid_input, what); }

std::vector<double> numbers_of(std::string_view text, std::size_t line) {
  std::vector<double> result;
  for (const std::string_view word : words(text)) {
    const std::optional<double> value = parse_number(word);
    if (!value) bad(fmt::format("line {}: \"{}\" is no number", line, clean_text(word, 40)));
    result.push_back(*value);
  }
  return result;
}

template <class T>
T load(ByteView bytes, std::size_t at, bool swap) {
  T value;
  if (at + sizeof(T) > bytes.size())
    bad(fmt::format("the file ends at byte {}, it is truncated", bytes.size()));
  std::uint8_t raw[sizeof(T)];
  std::memcpy(raw, bytes.data() + at, sizeof(T));
  if (swap) std::reverse(raw, raw + sizeof(T));
  std::memcpy(&value, raw, sizeof(T));
  return value;
}

struct MatlabArray {
  std::string name;
  std::vector<double> values;
};

/// One array of a MATLAB v4 file: five 32-bit integers, the name, the numbers (column-major; here always one
/// column).
MatlabArray read_array(ByteView bytes, std::size_t& at) {
  const auto kind = load<std::uint32_t>(bytes, at, false);
  // MOPT: M = 0 little-endian, 1 big-endian; P = 0 double, 1 float; T = 0 numbers.
  const bool swap = kind > 9999;
  const auto field = [&](std::size_t i) { return load<std::uint32_t>(bytes, at + 4 * i, swap); };
  const std::uint32_t mopt = field(0) % 1000, rows = field(1), columns = field(2), imaginary = field(3),
                      length = field(4);
  if ((mopt != 0 && mopt != 10) || imaginary != 0) {
    bad(fmt::format("MATLAB array of kind {} is not read, expected real doubles or floats", field(0)));
  }
  const std::uint64_t count = std::uint64_t{rows} * columns;
  const std::size_t width = mopt == 0 ? 8 : 4;
  if (length > 4096 || count > bytes.size() / width) {
    bad(fmt::format("MATLAB array of {}×{} with a name of {} bytes does not fit a file of {} bytes", rows,
                    columns, length, bytes.size()));
  }
  at += 20;
  if (at + length > bytes.size()) bad(fmt::format("the file ends at byte {}, it is truncated", bytes.size()));
  MatlabArray array;
  array.name = std::string(as_text(bytes.subspan(at, length)));
  array.name = array.name.substr(0, array.name.find('\0'));
  at += length;
  for (std::uint64_t i = 0; i < count; ++i, at += width) {
    array.values.push_back(width == 8 ? load<double>(bytes, at, swap) : load<float>(bytes, at, swap));
  }
  return array;
}

void append_array(Bytes& out, const std::string& name, const std::vector<double>& values) {
  const std::uint32_t header[5] = {0, static_cast<std::uint32_t>(values.size()), 1, 0,
                                   static_cast<std::uint32_t>(name.size() + 1)};
  static_assert(std::endian::native == std::endian::little);
  const auto append = [&](const void* data, std::size_t size) {
    const auto* p = static_cast<const std::uint8_t*>(data);
    out.insert(out.end(), p, p + size);
  };
  append(header, sizeof header);
  append(name.c_str(), name.size() + 1);
  append(values.data(), values.size() * sizeof(double));
}

}  // namespace

std::vector<TransformRecord> parse_transform_text(std::string_view text) {
  std::vector<TransformRecord> records;
  std::size_t line_number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++line_number;
    if (line.empty() || line.front() == '#') continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
      bad(fmt::format("line {}: \"{}\" is not of the form \"Name: values\"", line_number,
                      clean_text(line, 40)));
    }
    const std::string_view name = trimmed(line.substr(0, colon)), value = trimmed(line.substr(colon + 1));
    if (name == "Transform") {
      records.push_back({clean_text(value, 200), {}, {}});
    } else if (name == "ComponentTransformFile") {
      throw Error(ErrorCode::unsupported_format,
                  fmt::format("line {}: transforms that refer to other files are not read", line_number));
    } else if (name == "Parameters" || name == "FixedParameters") {
      if (records.empty()) bad(fmt::format("line {}: {} before any Transform", line_number, name));
      (name == "Parameters" ? records.back().parameters : records.back().fixed) =
          numbers_of(value, line_number);
    } else {
      bad(fmt::format("line {}: \"{}\" is unknown, expected Transform, Parameters or FixedParameters",
                      line_number, clean_text(name, 40)));
    }
  }
  return records;
}

std::string format_transform_text(const std::vector<TransformRecord>& records) {
  std::string text = "#Insight Transform File V1.0\n";
  for (std::size_t i = 0; i < records.size(); ++i) {
    text += fmt::format("#Transform {}\nTransform: {}\n", i, records[i].type);
    const auto line = [&](const char* name, const std::vector<double>& values) {
      text += name;
      for (const double v : values) text += ' ' + shortest(v);
      text += '\n';
    };
    line("Parameters:", records[i].parameters);
    line("FixedParameters:", records[i].fixed);
  }
  return text;
}

std::vector<TransformRecord> parse_transform_matlab(ByteView bytes) {
  std::vector<TransformRecord> records;
  std::size_t at = 0;
  while (at < bytes.size()) {
    MatlabArray parameters = read_array(bytes, at);
    MatlabArray fixed = read_array(bytes, at);
    if (fixed.name != "fixed") {
      bad(fmt::format("array \"{}\" follows the parameters, expected \"fixed\"", clean_text(fixed.name, 40)));
    }
    records.push_back(
        {clean_text(parameters.name, 200), std::move(parameters.values), std::move(fixed.values)});
  }
  return records;
}

Bytes format_transform_matlab(const TransformRecord& record) {
  Bytes out;
  append_array(out, record.type, record.parameters);
  append_array(out, "fixed", record.fixed);
  return out;
}

}  // namespace sg::io
