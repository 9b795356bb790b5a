#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/document.h"
#include "core/table.h"
#include "core/volume.h"
#include "report/plot.h"
#include "report/tone.h"

namespace sg::report {

/// What a figure is held against. good: value ≤ good (at_most) or ≥ good (at_least); within `acceptable` it
/// is a warning, beyond that bad. Without `acceptable` there is nothing between good and bad. NaN is bad.
struct Bar {
  enum class Kind { at_most, at_least };
  Kind kind = Kind::at_most;
  double good = 0;
  std::optional<double> acceptable = {};
};
Tone judge(double value, const Bar& bar);

/// A result that belongs in the reader's eye at once.
struct Figure {
  std::string label;
  std::variant<double, std::string> value;
  std::string unit = {};
  int decimals = 2;
  std::optional<Bar> bar = {};  // numbers only: sets the tone and is stated under the value
};

/// A picture, encoded (PNG) when made. `pixels`: 2-D (size z = 1), one channel (grey) or three (RGB), first
/// row on top; unequal spacing stretches it. Throws invalid_input for any other shape.
struct Picture {
  Picture(const Volume<std::uint8_t>& pixels, std::string caption, std::string alt = "");
  std::string base64;
  std::int64_t width = 0, height = 0;  // CSS pixels
  std::string caption, alt;            // alt "" = the caption
};

/// How one column of a table is shown. Columns without a format: text as it is, whole numbers without
/// decimals, other numbers with three.
struct ColumnFormat {
  std::string column;
  std::string title = {};  // "" = the column's name
  std::string unit = {};
  int decimals = -1;            // −1 = by the values
  std::optional<Bar> bar = {};  // colours and marks the cells
};

enum class Language { english, chinese };

/// A report, built up in reading order and written as one HTML file that needs nothing else: no request
/// leaves it, a content security policy says so, all given text is escaped, it follows the reader's light or
/// dark scheme, prints, and can be read by a screen reader. Every member appends and returns the report.
/// Plain value: copy, move; not for concurrent writing.
class Report {
 public:
  Report() = default;
  explicit Report(std::string title, std::string subtitle = "", Language language = Language::english);

  /// Nothing was put in, not even a title.
  bool empty() const { return title_.empty() && body_.empty(); }
  const std::string& title() const { return title_; }

  Report& section(const std::string& title);     // second-level heading; listed in the contents from four on
  Report& subsection(const std::string& title);  // third level
  Report& paragraph(const std::string& text);    // "\n\n" parts paragraphs
  Report& note(const std::string& text);
  Report& warning(const std::string& text);
  Report& figures(const std::vector<Figure>& figures);
  /// All columns in order; `formats` for some of them. Numbers are right-aligned; NaN is a dash and not
  /// judged. Long tables scroll. Throws invalid_input for columns of unequal length or a format without its
  /// column.
  Report& table(const Table& table, const std::string& caption = "",
                const std::vector<ColumnFormat>& formats = {});
  Report& picture(const Picture& picture) { return pictures({picture}); }
  /// Side by side, wrapping where the page is narrow.
  Report& pictures(const std::vector<Picture>& row);
  /// One over the other with a slider between them. Throws invalid_input if the sizes differ.
  Report& compare(const Picture& before, const Picture& after, const std::string& caption);
  Report& plot(const Plot& plot);
  Report& code(const std::string& text, const std::string& caption = "");
  /// Names, values and units, nested as given.
  Report& document(const std::string& title, const Document& document);
  /// How the result came about (operation, parameters, hashes, seed, duration, host): folded, at the end.
  /// Replaces what was given before.
  Report& provenance(const Document& document);

  std::string html() const;

 private:
  std::string title_, subtitle_;
  Language language_ = Language::english;
  std::string body_, provenance_;
  std::vector<std::string> sections_;
};

/// "1 234.50" (narrow spaces from five digits on, true minus, "–" for NaN, "∞"); the number format of
/// reports.
std::string format_number(double value, int decimals);

}  // namespace sg::report
