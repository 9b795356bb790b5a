#pragma once
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace sg {

/// A named value with a unit: the currency for facts whose shape is not known beforehand (what a file says
/// about itself, a nested result). Order is kept.
struct Property;
struct Document {
  std::vector<Property> properties;
};
struct Property {
  std::string name;  // snake_case
  std::variant<bool, std::int64_t, double, std::string, std::vector<double>, std::vector<std::string>,
               Document, std::vector<Document>>
      value;
  std::string unit;  // "mm", "s", "Hz", "" if none
};

}  // namespace sg
