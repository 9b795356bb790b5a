#include "io/nrrd_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "io/text.h"

namespace sg::io {
namespace {

using Fields = std::map<std::string, std::string>;
constexpr int most_axes = 16;  // NRRD's own limit

[[noreturn]] void bad_field(const std::string& field, std::string_view value, const std::string& expected) {
  throw Error(ErrorCode::invalid_input,
              fmt::format("NRRD field '{}' is '{}', expected {}", field, clean_text(value, 80), expected));
}

Scalar parse_type(const std::string& text) {
  struct Names {
    Scalar scalar;
    std::vector<std::string_view> names;
  };
  static const std::vector<Names> table{
      {Scalar::i8, {"signed char", "int8", "int8_t"}},
      {Scalar::u8, {"uchar", "unsigned char", "uint8", "uint8_t"}},
      {Scalar::i16, {"short", "short int", "signed short", "signed short int", "int16", "int16_t"}},
      {Scalar::u16, {"ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"}},
      {Scalar::i32, {"int", "signed int", "int32", "int32_t"}},
      {Scalar::u32, {"uint", "unsigned int", "uint32", "uint32_t"}},
      {Scalar::i64,
       {"longlong", "long long", "long long int", "signed long long", "signed long long int", "int64",
        "int64_t"}},
      {Scalar::u64, {"ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"}},
      {Scalar::f32, {"float"}},
      {Scalar::f64, {"double"}},
  };
  const std::string type = lower(text);
  for (const Names& row : table) {
    if (std::find(row.names.begin(), row.names.end(), type) != row.names.end()) return row.scalar;
  }
  if (type == "block")
    throw Error(ErrorCode::unsupported_format, "NRRD type 'block' is not read, expected numbers");
  bad_field("type", text, "a name such as 'short' or 'float'");
}

/// Reads "field: value" and "key:=value" lines up to the empty line; returns where the data begins.
std::size_t split_lines(std::string_view text, Fields& fields,
                        std::map<std::string, std::string>& key_values) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    at = std::min(text.size(), end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) return at;
    if (line.front() == '#') continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("NRRD header line '{}' is neither 'field: value' nor 'key:=value'",
                              clean_text(line, 60)));
    }
    const bool is_pair = colon + 1 < line.size() && line[colon + 1] == '=';
    const std::string value(line.substr(colon + (is_pair ? 2 : 1)));
    if (is_pair) {
      key_values[clean_text(line.substr(0, colon), 256)] = clean_text(value);
    } else {
      // Names come in spellings with and without blanks: "axis mins" and "axismins".
      std::string name = lower(trimmed(line.substr(0, colon)));
      std::erase(name, ' ');
      fields[name] = trimmed(value);
      // Names of files follow, not fields.
      if (name == "datafile" && trimmed(value).starts_with("LIST")) return at;
    }
  }
  return at;
}

class Reader {
 public:
  Reader(const Fields& fields, NrrdHeader& header) : fields_(fields), header_(header) {}

  void read() {
    const std::int64_t dimension = whole("dimension", require("dimension"));
    if (dimension < 1 || dimension > most_axes) {
      bad_field("dimension", require("dimension"), fmt::format("1 to {} axes", most_axes));
    }
    header_.axes.resize(static_cast<std::size_t>(dimension));
    read_axes();
    header_.scalar = parse_type(require("type"));
    header_.encoding = lower(require("encoding"));
    if (const auto* endian = find("endian")) {
      if (*endian != "little" && *endian != "big") bad_field("endian", *endian, "little or big");
      header_.big_endian = *endian == "big";
    }
    read_space();
    if (const auto* file = find("datafile")) header_.data_file = *file;
    if (const auto* skip = find("lineskip")) header_.line_skip = whole("line skip", *skip);
    if (const auto* skip = find("byteskip")) header_.byte_skip = whole("byte skip", *skip);
    if (header_.line_skip < 0) bad_field("line skip", *find("lineskip"), "0 or more");
    if (header_.byte_skip < -1) bad_field("byte skip", *find("byteskip"), "-1 or more");
  }

 private:
  const std::string* find(const std::string& name) const {
    const auto found = fields_.find(name);
    return found == fields_.end() ? nullptr : &found->second;
  }
  const std::string& require(const std::string& name) const {
    const std::string* value = find(name);
    if (value == nullptr) {
      throw Error(ErrorCode::invalid_input, fmt::format("the NRRD header lacks the field '{}'", name));
    }
    return *value;
  }
  static std::int64_t whole(const std::string& field, std::string_view text) {
    const auto value = parse_integer(text);
    if (!value) bad_field(field, text, "a whole number");
    return *value;
  }
  static double number(const std::string& field, std::string_view text) {
    const auto value = parse_number(text);
    if (!value) bad_field(field, text, "numbers");
    return *value;
  }

  /// One word an axis.
  std::vector<std::string_view> per_axis(const std::string& name, const std::string& field) const {
    const std::string* text = find(name);
    if (text == nullptr) return {};
    std::vector<std::string_view> parts = words(*text);
    if (parts.size() != header_.axes.size()) {
      bad_field(field, *text, fmt::format("{} values, one an axis", header_.axes.size()));
    }
    return parts;
  }

  void read_axes() {
    const auto sizes = per_axis("sizes", "sizes");
    if (sizes.empty()) require("sizes");
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      header_.axes[i].size = whole("sizes", sizes[i]);
      if (header_.axes[i].size < 1) bad_field("sizes", *find("sizes"), "each 1 or more");
    }
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    const auto numbers = [&](const std::string& name, const std::string& field, double NrrdAxis::*member) {
      const auto parts = per_axis(name, field);
      for (std::size_t i = 0; i < header_.axes.size(); ++i) {
        header_.axes[i].*member = parts.empty() ? nan : number(field, parts[i]);
      }
    };
    numbers("spacings", "spacings", &NrrdAxis::spacing);
    numbers("axismins", "axis mins", &NrrdAxis::minimum);
    numbers("axismaxs", "axis maxs", &NrrdAxis::maximum);
    const auto kinds = per_axis("kinds", "kinds");
    for (std::size_t i = 0; i < kinds.size(); ++i) header_.axes[i].kind = lower(kinds[i]);
    const auto centres = per_axis(find("centers") != nullptr ? "centers" : "centerings", "centerings");
    for (std::size_t i = 0; i < centres.size(); ++i) header_.axes[i].is_cell = lower(centres[i]) != "node";
    const auto units = quoted("units");
    for (std::size_t i = 0; i < std::min(units.size(), header_.axes.size()); ++i)
      header_.axes[i].unit = units[i];
  }

  /// "mm" "mm" "s"
  std::vector<std::string> quoted(const std::string& name) const {
    std::vector<std::string> result;
    const std::string* text = find(name);
    std::size_t at = 0;
    while (text != nullptr && (at = text->find('"', at)) != std::string::npos) {
      const std::size_t end = std::min(text->find('"', at + 1), text->size());
      result.push_back(clean_text(std::string_view(*text).substr(at + 1, end - at - 1), 64));
      at = std::min(end + 1, text->size());
    }
    return result;
  }

  std::vector<double> vector(const std::string& field, std::string_view text) const {
    std::vector<double> result;
    text = trimmed(text);
    if (text.size() < 2 || text.front() != '(' || text.back() != ')')
      bad_field(field, text, "vectors such as (1,0,0)");
    text = text.substr(1, text.size() - 2);
    while (true) {
      const std::size_t comma = text.find(',');
      result.push_back(number(field, text.substr(0, comma)));
      if (comma == std::string_view::npos) break;
      text.remove_prefix(comma + 1);
    }
    if (result.size() != static_cast<std::size_t>(header_.space_dimension)) {
      bad_field(field, text, fmt::format("vectors of {} numbers", header_.space_dimension));
    }
    return result;
  }

  void read_space() {
    if (const auto* space = find("space")) {
      header_.space = lower(*space);
      const bool has_time =
          header_.space.ends_with("time") || (header_.space.size() == 4 && header_.space[3] == 't');
      header_.space_dimension = has_time ? 4 : 3;
    } else if (const auto* dimension = find("spacedimension")) {
      const std::int64_t value = whole("space dimension", *dimension);
      if (value < 2 || value > 4) {
        throw Error(ErrorCode::unsupported_format,
                    fmt::format("NRRD space dimension {} is not read, expected 2 to 4", value));
      }
      header_.space_dimension = static_cast<int>(value);
    }
    const auto* directions = find("spacedirections");
    const auto* origin = find("spaceorigin");
    if (header_.space_dimension == 0) {
      if (directions != nullptr || origin != nullptr) {
        throw Error(ErrorCode::invalid_input,
                    "the NRRD header has space directions or origin, but neither 'space' nor "
                    "'space dimension'");
      }
      return;
    }
    if (directions != nullptr) read_directions(*directions);
    if (origin != nullptr) header_.origin = vector("space origin", *origin);
    header_.space_units = quoted("spaceunits");
  }

  /// Vectors may hold blanks: split at parentheses, not at blanks.
  void read_directions(const std::string& text) {
    std::string_view rest = trimmed(text);
    std::size_t axis = 0;
    for (; axis < header_.axes.size() && !rest.empty(); ++axis) {
      if (rest.starts_with("none")) {
        rest.remove_prefix(4);
      } else {
        const std::size_t end = rest.find(')');
        if (end == std::string_view::npos) bad_field("space directions", text, "vectors such as (1,0,0)");
        header_.axes[axis].direction = vector("space directions", rest.substr(0, end + 1));
        rest.remove_prefix(end + 1);
      }
      rest = trimmed(rest);
    }
    if (axis != header_.axes.size() || !rest.empty()) {
      bad_field("space directions", text,
                fmt::format("{} vectors or 'none', one an axis", header_.axes.size()));
    }
  }

  const Fields& fields_;
  NrrdHeader& header_;
};

}  // namespace

NrrdHeader parse_nrrd_header(ByteView file) {
  const std::string_view text = as_text(file);
  if (!text.starts_with("NRRD")) {
    throw Error(ErrorCode::invalid_input, fmt::format("not NRRD: it begins with '{}', expected 'NRRD0005'",
                                                      clean_text(text.substr(0, 8))));
  }
  const std::size_t first_line = std::min(text.find('\n'), text.size());
  const auto version = parse_integer(text.substr(4, std::min<std::size_t>(first_line, 12) - 4));
  if (!version || *version < 1 || *version > 5) {
    throw Error(ErrorCode::unsupported_format,
                fmt::format("NRRD version '{}' is not read, expected NRRD0001 to NRRD0005",
                            clean_text(text.substr(0, std::min<std::size_t>(first_line, 12)))));
  }
  NrrdHeader header;
  Fields fields;
  const std::size_t begin = std::min(text.size(), first_line + 1);
  header.length = begin + split_lines(text.substr(begin), fields, header.key_values);
  Reader(fields, header).read();
  return header;
}

}  // namespace sg::io
