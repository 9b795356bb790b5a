#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "core/table.h"

namespace sg::io {

/// Reads a delimited table with a header line: RFC 4180 quoting; LF, CRLF or CR; UTF-8 with or without byte
/// order mark. .tsv and .tab fix the tab, .csv the comma (semicolon where the header has semicolons but no
/// comma); other names are sniffed from the header among , ; tab |. A column is numeric when every value is a
/// number or missing (empty, NA, N/A, NaN, null in any case; read as NaN) and at least one is a number; else
/// text, kept as it is. Digits with a leading zero ("007"), or more of them than a double holds, are
/// identifiers, so their column is text. Blank lines at the end are passed over, and in a table of one column
/// others are missing values. Throws not_found; invalid_input with the line number for a row of another
/// length, an open quote, text after a closing quote, bytes that are not UTF-8 or NUL; and for an empty file
/// or a header with a repeated name. The N-th column is column_N if it has no name. Cost: below a second for
/// 10^6 rows of 5 numbers.
///
/// A .jsonl file holds a JSON object a line instead (a log, the metrics of a training): members are columns
/// in the order they first appear, those of nested objects "outer.inner", numbers numbers (true and false 1
/// and 0), null and absent ones missing. Throws invalid_input with the line number for what is no object or
/// holds a list, and above 4096 columns.
Table read_table(const std::filesystem::path& path);
Table read_table(std::span<const std::uint8_t> bytes, const std::string& name);

/// Writes .csv, .tsv or .tab; numbers in the shortest form that reads back the same double, missing as empty,
/// texts as they are (quoted where RFC 4180 asks). Atomic. Throws invalid_input for no column, columns of
/// different length, empty or repeated names and texts that are not UTF-8, unsupported_format for another
/// extension.
void write_table(const Table& table, const std::filesystem::path& path);

}  // namespace sg::io
