#pragma once
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace sg::io {

/// A field of a delimited line. `text` is without the quotes around it.
struct Cell {
  std::string_view text;
  bool quoted = false;
};

/// Cuts text into rows of fields by RFC 4180; lines end in LF, CRLF or CR. A quote inside a field that does
/// not begin with one stands for itself. The text must outlive the reader.
class DelimitedReader {
 public:
  DelimitedReader(std::string_view text, char delimiter, std::size_t first_line = 1)
      : text_(text), delimiter_(delimiter), next_line_(first_line) {}
  /// The next row, false at the end. Cells are valid until the next call. Throws invalid_input with the line
  /// number for an open quote and for text after a closing quote.
  bool next(std::vector<Cell>& cells);
  /// The line, from 1, on which the row last read begins.
  std::size_t line() const { return line_; }

 private:
  Cell quoted_cell();
  Cell plain_cell();
  bool at_line_end() const { return at_ == text_.size() || text_[at_] == '\n' || text_[at_] == '\r'; }

  std::string_view text_;
  char delimiter_;
  std::size_t at_ = 0, line_ = 0, next_line_;
  std::deque<std::string> unescaped_;
};

/// The text of a table or list of points without its byte order mark. Throws invalid_input naming the line
/// for bytes that are not UTF-8 and for NUL.
std::string_view checked_text(std::string_view text);
/// Whether `text` is UTF-8 without NUL.
bool is_text(std::string_view text);

/// The delimiter of the file called `name` whose first line is `header`, as read_table says.
char delimiter_of(const std::string& name, std::string_view header);
/// The text up to its first line end outside quotes.
std::string_view header_line(std::string_view text);

/// Appends `text` to `out`, in quotes where RFC 4180 asks or where it holds one of `also`.
void append_cell(std::string& out, std::string_view text, std::string_view also);

}  // namespace sg::io
