#include "io/table_io.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>
#include <unordered_set>

#include "core/error.h"
#include "io/delimited.h"
#include "io/files.h"
#include "io/json_lines.h"
#include "io/path_error.h"
#include "io/text.h"

namespace sg::io {
namespace {

enum class Meaning { number, missing, text };

bool is_missing(std::string_view text) {
  if (text.empty()) return true;
  if (text.size() > 4) return false;
  const std::string word = lower(text);
  return word == "na" || word == "n/a" || word == "nan" || word == "null";
}

/// Whether digits alone are a label, not a count: a leading zero ("007"), or more of them than a double
/// holds. As numbers they would come back as something else.
bool is_label(std::string_view digits, double value) {
  if (digits.size() < 2 || digits.find_first_not_of("0123456789") != std::string_view::npos) return false;
  if (digits.front() == '0') return true;
  if (digits.size() < 16) return false;
  std::uint64_t exact = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), exact);
  return result.ec != std::errc{} || value >= 0x1p64 || static_cast<std::uint64_t>(value) != exact;
}

Meaning read_cell(std::string_view text, double& value) {
  text = trimmed(text);
  if (is_missing(text)) {
    value = std::numeric_limits<double>::quiet_NaN();
    return Meaning::missing;
  }
  const std::string_view number = text.front() == '+' && !text.starts_with("+-") ? text.substr(1) : text;
  const char* end = number.data() + number.size();
  const auto [stop, error] = std::from_chars(number.data(), end, value);
  if (error != std::errc{} || stop != end || std::isnan(value)) return Meaning::text;
  return is_label(number.front() == '-' ? number.substr(1) : number, std::abs(value)) ? Meaning::text
                                                                                      : Meaning::number;
}

/// A column while it is read: numbers until the first text.
struct Draft {
  std::string name;
  std::vector<double> numbers;
  bool numeric = true;
  bool any_number = false;

  void add(std::string_view text) {
    if (!numeric) return;
    double value = 0;
    const Meaning meaning = read_cell(text, value);
    if (meaning == Meaning::text) {
      numeric = false;
      numbers = {};
    } else {
      any_number = any_number || meaning == Meaning::number;
      numbers.push_back(value);
    }
  }
};

std::vector<Draft> read_header(DelimitedReader& reader) {
  std::vector<Cell> cells;
  if (!reader.next(cells)) {
    throw Error(ErrorCode::invalid_input, "the table is empty, expected a header line");
  }
  std::vector<Draft> columns;
  std::unordered_set<std::string> names;
  for (const Cell& cell : cells) {
    std::string name(cell.quoted ? cell.text : trimmed(cell.text));
    // Row numbers of pandas and R, and the empty columns that spreadsheets leave at the right.
    if (name.empty()) name = fmt::format("column_{}", columns.size() + 1);
    if (!names.insert(name).second) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("the header names column '{}' twice", clean_text(name, 80)));
    }
    columns.emplace_back().name = std::move(name);
  }
  return columns;
}

/// Calls `use` with the cells of each row below the header.
template <class Use>
void for_each_row(DelimitedReader& reader, std::size_t columns, const Use& use) {
  std::vector<Cell> cells;
  const std::vector<Cell> blank(1);
  std::size_t blanks = 0, first_blank = 0;
  while (reader.next(cells)) {
    if (cells.size() == 1 && cells[0].text.empty() && !cells[0].quoted) {
      if (blanks++ == 0) first_blank = reader.line();
      continue;
    }
    if (blanks > 0 && columns > 1) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("line {} is blank, expected {} fields as in the header", first_blank, columns));
    }
    for (; blanks > 0; --blanks) use(blank);
    if (cells.size() != columns) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("line {} has {} field{}, expected {} as in the header", reader.line(),
                              cells.size(), cells.size() == 1 ? "" : "s", columns));
    }
    use(cells);
  }
}

Table parse_table(std::string_view text, char delimiter) {
  DelimitedReader reader(text, delimiter);
  std::vector<Draft> drafts = read_header(reader);
  DelimitedReader again = reader;
  std::size_t rows = 0;
  for_each_row(reader, drafts.size(), [&](const std::vector<Cell>& cells) {
    ++rows;
    for (std::size_t i = 0; i < cells.size(); ++i) drafts[i].add(cells[i].text);
  });

  Table table;
  std::vector<std::pair<std::size_t, std::vector<std::string>>> texts;
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    const bool numeric = drafts[i].numeric && drafts[i].any_number;
    table.columns.push_back({std::move(drafts[i].name), std::move(drafts[i].numbers)});
    if (!numeric) texts.emplace_back(i, std::vector<std::string>()).second.reserve(rows);
  }
  if (texts.empty()) return table;
  // Most tables are numbers. Reading the rows of the others once more costs less than keeping every cell.
  for_each_row(again, table.columns.size(), [&](const std::vector<Cell>& cells) {
    for (auto& [column, values] : texts) values.emplace_back(cells[column].text);
  });
  for (auto& [column, values] : texts) table.columns[column].values = std::move(values);
  return table;
}

void check_writable(const Table& table) {
  if (table.columns.empty()) throw Error(ErrorCode::invalid_input, "the table has no column to write");
  std::unordered_set<std::string_view> names;
  for (const Column& column : table.columns) {
    if (column.name.empty() || !is_text(column.name)) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("the column name '{}' is not UTF-8 text of 1 or more bytes",
                              clean_text(column.name, 80)));
    }
    if (!names.insert(column.name).second) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("the table has two columns '{}'", clean_text(column.name, 80)));
    }
    const std::size_t rows = std::visit([](const auto& values) { return values.size(); }, column.values);
    if (rows != table.rows()) {
      throw Error(
          ErrorCode::invalid_input,
          fmt::format("column '{}' has {} rows, expected {} as in column '{}'", clean_text(column.name, 80),
                      rows, table.rows(), clean_text(table.columns.front().name, 80)));
    }
  }
}

void append_value(std::string& out, const Column& column, std::size_t row, char delimiter) {
  if (const auto* numbers = std::get_if<std::vector<double>>(&column.values)) {
    if (!std::isnan((*numbers)[row])) fmt::format_to(std::back_inserter(out), "{}", (*numbers)[row]);
    return;
  }
  const std::string& text = std::get<std::vector<std::string>>(column.values)[row];
  if (!is_text(text)) {
    throw Error(ErrorCode::invalid_input, fmt::format("column '{}', row {}: '{}' is not UTF-8 text",
                                                      column.name, row + 1, clean_text(text, 80)));
  }
  append_cell(out, text, std::string_view(&delimiter, 1));
}

void append_header(std::string& out, const Table& table, char delimiter) {
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (i > 0) out += delimiter;
    // Quoted too: what would be trimmed, or taken for the delimiter, when read.
    append_cell(out, table.columns[i].name, ",;\t|\v\f ");
  }
  out += '\n';
}

}  // namespace

Table read_table(std::span<const std::uint8_t> bytes, const std::string& name) {
  const std::string_view text = checked_text(as_text(bytes));
  if (extension_of(name) == ".jsonl") return read_json_lines(text);
  return parse_table(text, delimiter_of(name, header_line(text)));
}

Table read_table(const std::filesystem::path& path) {
  return naming_path(path, [&] { return read_table(read_file(path), path.string()); });
}

void write_table(const Table& table, const std::filesystem::path& path) {
  const std::string extension = extension_of(path);
  if (extension != ".csv" && extension != ".tsv" && extension != ".tab") {
    throw Error(ErrorCode::unsupported_format,
                fmt::format("'{}': a table is written as .csv, .tsv or .tab", path.string()));
  }
  check_writable(table);
  const char delimiter = extension == ".csv" ? ',' : '\t';
  constexpr std::size_t chunk = 1U << 20;
  AtomicFile file(path);
  std::string out;
  append_header(out, table, delimiter);
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::size_t begin = out.size();
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (i > 0) out += delimiter;
      append_value(out, table.columns[i], row, delimiter);
    }
    if (out.size() == begin) out += "\"\"";  // a blank line at the end would be passed over
    out += '\n';
    if (out.size() >= chunk) {
      file.write(out);
      out.clear();
    }
  }
  file.write(out);
  file.commit();
}

}  // namespace sg::io
