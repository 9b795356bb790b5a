#pragma once
#include <string>
#include <variant>
#include <vector>

namespace sg {

/// A column holds numbers (NaN = missing) or texts ("" = missing).
struct Column {
  std::string name;
  std::variant<std::vector<double>, std::vector<std::string>> values;
};

/// Named columns of equal length.
struct Table {
  std::vector<Column> columns;
  std::size_t rows() const {
    return columns.empty() ? 0 : std::visit([](const auto& v) { return v.size(); }, columns.front().values);
  }
};

}  // namespace sg
