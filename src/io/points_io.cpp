#include "io/points_io.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "core/error.h"
#include "io/delimited.h"
#include "io/files.h"
#include "io/path_error.h"
#include "io/text.h"

namespace sg::io {
namespace {

/// Where the fields of a line are.
struct Layout {
  std::size_t x = 0, y = 1, z = 2;
  std::optional<std::size_t> name;
};

double coordinate(std::string_view text, const char* axis, std::size_t line) {
  const std::optional<double> value = parse_number(text);
  if (!value || !std::isfinite(*value)) {
    throw Error(ErrorCode::invalid_input, fmt::format("line {}: {} is '{}', expected a finite number in mm",
                                                      line, axis, clean_text(text, 40)));
  }
  return *value;
}

void add_point(Points& points, const std::vector<Cell>& cells, const Layout& layout, std::size_t line) {
  const std::size_t needed = std::max({layout.x, layout.y, layout.z});
  if (cells.size() <= needed) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("line {} has {} fields, expected at least {}", line, cells.size(), needed + 1));
  }
  points.positions.push_back({coordinate(cells[layout.x].text, "x", line),
                              coordinate(cells[layout.y].text, "y", line),
                              coordinate(cells[layout.z].text, "z", line)});
  const bool named = layout.name && *layout.name < cells.size();
  points.names.emplace_back(named ? cells[*layout.name].text : std::string_view());
}

void drop_empty_names(Points& points) {
  const auto is_empty = [](const std::string& name) { return name.empty(); };
  if (std::all_of(points.names.begin(), points.names.end(), is_empty)) points.names.clear();
}

/// The fields called x, y, z and name or label, in any case.
Layout layout_of(const std::vector<Cell>& header, std::size_t line) {
  std::optional<std::size_t> x, y, z;
  Layout layout;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const std::string title = lower(trimmed(header[i].text));
    if (title == "x" && !x) x = i;
    if (title == "y" && !y) y = i;
    if (title == "z" && !z) z = i;
    if ((title == "name" || title == "label") && !layout.name) layout.name = i;
  }
  if (!x || !y || !z) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("line {} names no column '{}', expected x, y and z", line,
                            !x   ? 'x'
                            : !y ? 'y'
                                 : 'z'));
  }
  layout.x = *x, layout.y = *y, layout.z = *z;
  return layout;
}

bool is_blank(const std::vector<Cell>& cells) { return cells.size() == 1 && trimmed(cells[0].text).empty(); }

Points read_columns(std::string_view text, char delimiter) {
  DelimitedReader reader(text, delimiter);
  std::vector<Cell> cells;
  if (!reader.next(cells)) {
    throw Error(ErrorCode::invalid_input, "the list of points is empty, expected a header line x,y,z");
  }
  const Layout layout = layout_of(cells, 1);
  Points points;
  while (reader.next(cells)) {
    if (!is_blank(cells)) add_point(points, cells, layout, reader.line());
  }
  drop_empty_names(points);
  return points;
}

/// 3D Slicer's "# key = value" lines.
struct FcsvHeader {
  // As Slicer: RAS where nothing is said, and the columns of its markups files since version 4.
  bool lps = false;
  Layout layout{1, 2, 3, 11};

  void read(std::string_view comment, std::size_t line) {
    const std::size_t equals = comment.find('=');
    if (equals == std::string_view::npos) return;
    const std::string key = lower(trimmed(comment.substr(0, equals)));
    const std::string_view value = trimmed(comment.substr(equals + 1));
    if (key == "coordinatesystem") set_frame(value, line);
    if (key == "columns") {
      std::vector<Cell> titles;
      DelimitedReader reader(value, ',', line);
      if (reader.next(titles)) layout = layout_of(titles, line);
    }
  }
  void set_frame(std::string_view value, std::size_t line) {
    const std::string frame = lower(value);
    if (frame == "ijk" || frame == "2") {
      throw Error(ErrorCode::unsupported_format,
                  fmt::format("line {}: CoordinateSystem is IJK, voxels of an image that the file does not "
                              "name; expected LPS or RAS",
                              line));
    }
    if (frame != "lps" && frame != "1" && frame != "ras" && frame != "0") {
      throw Error(
          ErrorCode::invalid_input,
          fmt::format("line {}: CoordinateSystem is '{}', expected LPS or RAS", line, clean_text(value, 40)));
    }
    lps = frame == "lps" || frame == "1";
  }
};

/// Cuts off the next line; `number` counts them.
std::string_view next_line(std::string_view& text, std::size_t& number) {
  const std::size_t end = text.find('\n');
  const std::string_view line = trimmed(text.substr(0, end));
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  ++number;
  return line;
}

Points read_fcsv(std::string_view text) {
  FcsvHeader header;
  Points points;
  std::vector<Cell> cells;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::string_view line = next_line(text, number);
    if (line.empty()) continue;
    if (line.front() == '#') {
      header.read(line.substr(1), number);
      continue;
    }
    DelimitedReader reader(line, ',', number);
    while (reader.next(cells)) add_point(points, cells, header.layout, number);
  }
  if (!header.lps) {
    for (LpsPoint& p : points.positions) p = {0 - p.x, 0 - p.y, p.z};
  }
  drop_empty_names(points);
  return points;
}

/// The count below the word "point"; lines of the points follow.
long long elastix_count(std::string_view& text, std::size_t& number) {
  std::string_view line;
  while (line.empty() && !text.empty()) line = next_line(text, number);
  const std::string kind = lower(line);
  if (kind == "index" || parse_integer(kind)) {
    throw Error(ErrorCode::unsupported_format,
                fmt::format("line {} is '{}': the file holds voxel indices, which need their image; expected "
                            "'point'",
                            number, kind));
  }
  if (kind != "point") {
    throw Error(ErrorCode::invalid_input,
                fmt::format("line {} is '{}', expected 'point'", number, clean_text(line, 40)));
  }
  line = {};
  while (line.empty() && !text.empty()) line = next_line(text, number);
  const auto count = parse_integer(line);
  if (!count || *count < 0) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("line {} is '{}', expected the number of points", number, clean_text(line, 40)));
  }
  return *count;
}

Points read_elastix(std::string_view text) {
  std::size_t number = 0;
  const long long count = elastix_count(text, number);
  Points points;
  while (!text.empty()) {
    const std::vector<std::string_view> fields = words(next_line(text, number));
    if (fields.empty()) continue;
    if (fields.size() != 3) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("line {} has {} numbers, expected x y z", number, fields.size()));
    }
    points.positions.push_back({coordinate(fields[0], "x", number), coordinate(fields[1], "y", number),
                                coordinate(fields[2], "z", number)});
  }
  if (static_cast<long long>(points.positions.size()) != count) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("the file states {} points but holds {}", count, points.positions.size()));
  }
  return points;
}

Error unknown_extension(const std::string& name) {
  return {ErrorCode::unsupported_format,
          fmt::format("'{}': points are kept in .csv, .tsv, .fcsv, .pts or .txt", name)};
}

void check_writable(const Points& points) {
  if (!points.names.empty() && points.names.size() != points.positions.size()) {
    throw Error(ErrorCode::invalid_input, fmt::format("{} names for {} points, expected none or one a point",
                                                      points.names.size(), points.positions.size()));
  }
  for (std::size_t i = 0; i < points.positions.size(); ++i) {
    const LpsPoint& p = points.positions[i];
    if (!std::isfinite(p.x) || !std::isfinite(p.y) || !std::isfinite(p.z)) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("point {} is ({}, {}, {}), expected finite numbers", i, p.x, p.y, p.z));
    }
  }
  for (const std::string& name : points.names) {
    if (!is_text(name)) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("the name '{}' of a point is not UTF-8 text", clean_text(name, 80)));
    }
  }
}

std::string columns_text(const Points& points, char delimiter) {
  const bool named = !points.names.empty();
  std::string out = fmt::format("x{0}y{0}z", delimiter);
  if (named) out += fmt::format("{}name", delimiter);
  out += '\n';
  for (std::size_t i = 0; i < points.positions.size(); ++i) {
    const LpsPoint& p = points.positions[i];
    out += fmt::format("{1}{0}{2}{0}{3}", delimiter, p.x, p.y, p.z);
    if (named) {
      out += delimiter;
      append_cell(out, points.names[i], std::string_view(&delimiter, 1));
    }
    out += '\n';
  }
  return out;
}

std::string fcsv_text(const Points& points) {
  std::string out =
      "# Markups fiducial file version = 4.11\n# CoordinateSystem = LPS\n"
      "# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID\n";
  for (std::size_t i = 0; i < points.positions.size(); ++i) {
    const LpsPoint& p = points.positions[i];
    out += fmt::format("{},{},{},{},0,0,0,1,1,1,0,", i + 1, p.x, p.y, p.z);
    std::string name = points.names.empty() ? "" : points.names[i];
    for (char& c : name) c = c == '\n' || c == '\r' ? ' ' : c;
    append_cell(out, name, ",");
    out += ",,\n";
  }
  return out;
}

std::string elastix_text(const Points& points) {
  std::string out = fmt::format("point\n{}\n", points.positions.size());
  for (const LpsPoint& p : points.positions) out += fmt::format("{} {} {}\n", p.x, p.y, p.z);
  return out;
}

}  // namespace

Points read_points(std::span<const std::uint8_t> bytes, const std::string& name) {
  const std::string extension = extension_of(name);
  const bool columns = extension == ".csv" || extension == ".tsv";
  if (!columns && extension != ".fcsv" && extension != ".pts" && extension != ".txt") {
    throw unknown_extension(name);
  }
  const std::string_view text = checked_text(as_text(bytes));
  if (columns) return read_columns(text, delimiter_of(name, header_line(text)));
  return extension == ".fcsv" ? read_fcsv(text) : read_elastix(text);
}

Points read_points(const std::filesystem::path& path) {
  return naming_path(path, [&] { return read_points(read_file(path), path.string()); });
}

void write_points(const Points& points, const std::filesystem::path& path) {
  check_writable(points);
  const std::string extension = extension_of(path);
  if (extension == ".csv" || extension == ".tsv") {
    write_file(path, columns_text(points, extension == ".csv" ? ',' : '\t'));
  } else if (extension == ".fcsv") {
    write_file(path, fcsv_text(points));
  } else if (extension == ".pts" || extension == ".txt") {
    write_file(path, elastix_text(points));
  } else {
    throw unknown_extension(path.string());
  }
}

}  // namespace sg::io
