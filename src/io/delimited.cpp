#include "io/delimited.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "core/error.h"
#include "io/files.h"
#include "io/text.h"

namespace sg::io {
namespace {

/// Where the first byte is that is NUL or not UTF-8; the size if there is none.
std::size_t first_bad_byte(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    std::uint64_t eight = 0;
    while (at + 8 <= text.size()) {
      std::memcpy(&eight, text.data() + at, 8);
      constexpr std::uint64_t ones = 0x0101010101010101U, high = 0x8080808080808080U;
      if (((eight | (eight - ones)) & high) != 0) break;  // no high bit and no zero byte in eight at once
      at += 8;
    }
    if (at == text.size()) break;
    const std::size_t length = utf8_length(text.substr(at));
    if (length == 0 || text[at] == '\0') return at;
    at += length;
  }
  return at;
}

}  // namespace

Cell DelimitedReader::quoted_cell() {
  const std::size_t opened = next_line_;
  std::string* unescaped = nullptr;
  std::size_t begin = ++at_;
  while (true) {
    const std::size_t close = text_.find('"', at_);
    if (close == std::string_view::npos) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("line {}: the quote opened there is never closed", opened));
    }
    for (std::size_t i = at_; i < close; ++i) {
      const bool crlf = text_[i] == '\r' && text_[i + 1] == '\n';
      if (text_[i] == '\n' || (text_[i] == '\r' && !crlf)) ++next_line_;
    }
    at_ = close + 1;
    if (at_ == text_.size() || text_[at_] != '"') {
      const std::string_view last = text_.substr(begin, close - begin);
      if (unescaped == nullptr) return {last, true};
      return {unescaped->append(last), true};
    }
    if (unescaped == nullptr) unescaped = &unescaped_.emplace_back();
    unescaped->append(text_.substr(begin, at_ - begin));
    begin = ++at_;
  }
}

Cell DelimitedReader::plain_cell() {
  const std::size_t begin = at_;
  while (!at_line_end() && text_[at_] != delimiter_) ++at_;
  return {text_.substr(begin, at_ - begin), false};
}

bool DelimitedReader::next(std::vector<Cell>& cells) {
  cells.clear();
  unescaped_.clear();
  if (at_ == text_.size()) return false;
  line_ = next_line_;
  while (true) {
    const bool quoted = at_ < text_.size() && text_[at_] == '"';
    cells.push_back(quoted ? quoted_cell() : plain_cell());
    if (at_line_end()) break;
    if (text_[at_] != delimiter_) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("line {}: text follows the closing quote of field {}, expected a delimiter",
                              next_line_, cells.size()));
    }
    ++at_;
  }
  if (at_ < text_.size()) {
    at_ += text_.substr(at_, 2) == "\r\n" ? 2 : 1;
    ++next_line_;
  }
  return true;
}

std::string_view checked_text(std::string_view text) {
  const std::size_t bad = first_bad_byte(text);
  if (bad < text.size()) {
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(bad), '\n');
    throw Error(ErrorCode::invalid_input, fmt::format("line {}: byte 0x{:02X} is not UTF-8 text", line,
                                                      static_cast<unsigned char>(text[bad])));
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

bool is_text(std::string_view text) { return first_bad_byte(text) == text.size(); }

std::string_view header_line(std::string_view text) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (!quoted && (text[i] == '\n' || text[i] == '\r')) return text.substr(0, i);
  }
  return text;
}

char delimiter_of(const std::string& name, std::string_view header) {
  const std::string extension = extension_of(name);
  if (extension == ".tsv" || extension == ".tab") return '\t';
  constexpr std::string_view candidates = ",;\t|";
  std::size_t counts[candidates.size()] = {};
  bool quoted = false;
  for (const char c : header) {
    if (c == '"') quoted = !quoted;
    const std::size_t which = quoted ? std::string_view::npos : candidates.find(c);
    if (which != std::string_view::npos) ++counts[which];
  }
  if (extension == ".csv") return counts[0] == 0 && counts[1] > 0 ? ';' : ',';
  return candidates[static_cast<std::size_t>(std::max_element(counts, counts + candidates.size()) - counts)];
}

void append_cell(std::string& out, std::string_view text, std::string_view also) {
  if (text.find_first_of("\"\r\n") == std::string_view::npos &&
      text.find_first_of(also) == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace sg::io
