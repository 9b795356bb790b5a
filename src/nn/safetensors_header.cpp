#include "nn/safetensors_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <tuple>

#include "core/error.h"

namespace sg::nn {
namespace {

using nlohmann::json;

constexpr std::size_t most_axes = 32, most_metadata = 65'536;
constexpr std::string_view metadata_key = "__metadata__";

[[noreturn]] void refuse(const std::string& text, ErrorCode code = ErrorCode::invalid_input) {
  throw Error(code, "the safetensors header " + text);
}

/// Takes the parser's events one by one. What the format does not have at a place is refused there and then,
/// so nothing nests deeper than the format does.
class Reader : public json::json_sax_t {
 public:
  Header header;

  bool null() override { wrong("null"); }
  bool boolean(bool) override { wrong("a truth value"); }
  bool number_integer(number_integer_t value) override { wrong(fmt::format("{}", value)); }
  bool number_float(number_float_t, const string_t& text) override { wrong(fmt::format("{:.40}", text)); }
  bool binary(binary_t&) override { wrong("binary data"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ == Place::shape) {
      if (value > std::numeric_limits<std::int64_t>::max()) wrong(fmt::format("{}", value));
      if (entry().shape.size() == most_axes)
        refuse(fmt::format("gives tensor '{:.80}' more than {} axes, the most that are read", entry().name,
                           most_axes),
               ErrorCode::unsupported_format);
      entry().shape.push_back(static_cast<std::int64_t>(value));
    } else if (place_ == Place::offsets && offsets_ < 2) {
      (offsets_++ == 0 ? entry().begin : entry().end) = value;
    } else {
      wrong(fmt::format("{}", value));
    }
    return true;
  }

  bool string(string_t& text) override {
    if (place_ == Place::metadata) {
      if (!header.metadata.emplace(key_, std::move(text)).second)
        refuse(fmt::format("has the metadata '{:.80}' twice", key_));
      if (header.metadata.size() > most_metadata)
        refuse(fmt::format("has more than {} metadata, the most that are read", most_metadata),
               ErrorCode::unsupported_format);
    } else if (place_ == Place::tensor && key_ == "dtype") {
      try {
        entry().dtype = dtype_named(text);
      } catch (const Error& error) {
        throw Error(error.code(), fmt::format("tensor '{:.80}': {}", entry().name, error.what()));
      }
    } else {
      wrong(fmt::format("the text '{:.40}'", text));
    }
    return true;
  }

  bool key(string_t& text) override {
    key_ = std::move(text);
    if (place_ == Place::tensor) {
      const auto member = std::find(members.begin(), members.end(), key_);
      if (member == members.end()) {
        refuse(fmt::format("has the member '{:.40}' in tensor '{:.80}', expected dtype, shape, data_offsets",
                           key_, entry().name));
      }
      bool& given = given_[static_cast<std::size_t>(member - members.begin())];
      if (given) refuse(fmt::format("gives {} of tensor '{:.80}' twice", key_, entry().name));
      given = true;
    }
    return true;
  }

  bool start_object(std::size_t) override {
    if (place_ == Place::start) {
      place_ = Place::root;
    } else if (place_ == Place::root && key_ == metadata_key) {
      if (has_metadata_) refuse("has __metadata__ twice");
      has_metadata_ = true;
      place_ = Place::metadata;
    } else if (place_ == Place::root) {
      header.entries.push_back({std::move(key_), DType::f32, {}, 0, 0});
      given_ = {};
      offsets_ = 0;
      place_ = Place::tensor;
    } else {
      wrong("an object");
    }
    return true;
  }

  bool end_object() override {
    if (place_ == Place::tensor) {
      for (std::size_t i = 0; i < members.size(); ++i) {
        if (!given_[i]) refuse(fmt::format("says no {} of tensor '{:.80}'", members[i], entry().name));
      }
    }
    place_ = Place::root;
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::tensor || key_ == "dtype") wrong("a list");
    place_ = key_ == "shape" ? Place::shape : Place::offsets;
    return true;
  }

  bool end_array() override {
    if (place_ == Place::offsets && offsets_ != 2)
      refuse(fmt::format("gives {} data_offsets of tensor '{:.80}', expected 2", offsets_, entry().name));
    place_ = Place::tensor;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const json::exception&) override {
    refuse(fmt::format("is not JSON in UTF-8: mistake at byte {}", position));
  }

 private:
  enum class Place { start, root, metadata, tensor, shape, offsets };
  static constexpr std::array<std::string_view, 3> members{"dtype", "shape", "data_offsets"};

  Header::Entry& entry() { return header.entries.back(); }

  [[noreturn]] void wrong(const std::string& found) {
    switch (place_) {
      case Place::shape:
        refuse(fmt::format("has {} in the shape of tensor '{:.80}', expected sizes from 0 to 2^63 − 1", found,
                           entry().name));
      case Place::offsets:
        refuse(fmt::format("has {} in the data_offsets of tensor '{:.80}', expected begin and end from 0 up",
                           found, entry().name));
      case Place::tensor: {
        const char* expected = key_ == "dtype" ? "a text" : "a list of whole numbers";
        refuse(
            fmt::format("has {} as {} of tensor '{:.80}', expected {}", found, key_, entry().name, expected));
      }
      case Place::metadata: refuse(fmt::format("has {} as metadata '{:.80}', expected a text", found, key_));
      default: refuse(fmt::format("has {} as '{:.80}', expected an object", found, key_));
    }
  }

  Place place_ = Place::start;
  std::string key_;
  std::array<bool, 3> given_{};
  int offsets_ = 0;
  bool has_metadata_ = false;
};

void check_size(const Header::Entry& entry) {
  std::uint64_t values = 0;
  try {
    values = static_cast<std::uint64_t>(count(entry.shape));
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("tensor '{:.80}': {}", entry.name, error.what()));
  }
  const auto size = static_cast<std::uint64_t>(size_of(entry.dtype));
  if (values > std::numeric_limits<std::uint64_t>::max() / size || entry.begin > entry.end ||
      entry.end - entry.begin != values * size) {
    refuse(fmt::format("gives tensor '{:.80}' the bytes {} to {}, but its shape {} of {} takes {} × {}",
                       entry.name, entry.begin, entry.end, to_string(entry.shape), name(entry.dtype), values,
                       size));
  }
}

void check_layout(const Header& header, std::uint64_t data_bytes) {
  std::uint64_t covered = 0;
  for (const Header::Entry& entry : header.entries) {
    if (entry.begin != covered) {
      refuse(fmt::format(
          "lets tensor '{:.80}' begin at byte {} of the data, expected {}, where the one before ends",
          entry.name, entry.begin, covered));
    }
    check_size(entry);
    covered = entry.end;
  }
  if (covered != data_bytes)
    refuse(fmt::format("describes {} bytes of data, the file has {}", covered, data_bytes));
}

std::string quoted(const std::string& text) {
  try {
    return json(text).dump();
  } catch (const json::exception&) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("a name or text of {} bytes is not UTF-8, which a safetensors header must be",
                            text.size()));
  }
}

}  // namespace

Header parse_header(std::string_view text, std::uint64_t data_bytes) {
  if (text.empty() || text.front() != '{') refuse("does not begin with '{'");
  // The parser takes a NUL for the end and would not see what comes after.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos)
    refuse(fmt::format("is not JSON in UTF-8: mistake at byte {}", nul + 1));
  Reader reader;
  json::sax_parse(text, &reader);
  Header header = std::move(reader.header);
  std::sort(header.entries.begin(), header.entries.end(), [](const auto& a, const auto& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  check_layout(header, data_bytes);
  return header;
}

std::string format_header(const Header& header) {
  if (header.metadata.size() > most_metadata)
    refuse(fmt::format("would have {} metadata, expected at most {}", header.metadata.size(), most_metadata));
  std::string text = "{";
  const auto member = [&text](const std::string& key) {
    if (text.back() != '{') text += ',';
    text += quoted(key) + ":";
  };
  if (!header.metadata.empty()) {
    text += fmt::format("\"{}\":{{", metadata_key);
    for (const auto& [key, value] : header.metadata) {
      member(key);
      text += quoted(value);
    }
    text += '}';
  }
  for (const Header::Entry& entry : header.entries) {
    if (entry.shape.size() > most_axes)
      refuse(fmt::format("would give tensor '{:.80}' {} axes, expected at most {}", entry.name,
                         entry.shape.size(), most_axes));
    member(entry.name);
    text += fmt::format(R"({{"dtype":"{}","shape":{},"data_offsets":[{},{}]}})", name(entry.dtype),
                        to_string(entry.shape), entry.begin, entry.end);
  }
  text += '}';
  text.append((64 - (text.size() + 8) % 64) % 64, ' ');
  if (text.size() > largest_header)
    refuse(fmt::format("would be {} bytes long, expected at most {}", text.size(), largest_header));
  return text;
}

}  // namespace sg::nn
