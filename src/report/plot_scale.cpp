#include "report/plot_scale.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "report/report.h"

namespace sg::report {

namespace {

double nice_step(double length, int count) { return round_step(length / std::max(count, 1)); }
std::vector<double> log_ticks(double low, double high) {
  const bool few = high / low < 150;
  std::vector<double> ticks;
  for (double power = std::pow(10.0, std::floor(std::log10(low) + 1e-9)); power <= high * 1.0001;
       power *= 10) {
    for (const double lead : {1.0, 2.0, 5.0}) {
      const double value = lead * power;
      const bool wanted = lead == 1.0 || few;
      if (wanted && value >= low * 0.9999 && value <= high * 1.0001) ticks.push_back(value);
    }
  }
  return ticks;
}

void check_ends(const Encoding& e) {
  if (e.min && e.max && !(*e.min < *e.max)) {
    throw Error(
        ErrorCode::invalid_input,
        fmt::format("axis '{}' runs from {} to {}, expected the first to be lower", e.field, *e.min, *e.max));
  }
  if (e.log && ((e.min && *e.min <= 0) || (e.max && *e.max <= 0))) {
    throw Error(ErrorCode::invalid_input, fmt::format("log axis '{}' ends at {}, expected > 0", e.field,
                                                      e.min && *e.min <= 0 ? *e.min : *e.max));
  }
}

}  // namespace

double round_step(double length) {
  const double power = std::pow(10.0, std::floor(std::log10(length)));
  const double lead = length / power;
  return power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
}

std::vector<double> nice_ticks(double low, double high, int count) {
  if (!(low < high) || !std::isfinite(high - low)) return {low};
  const double step = nice_step(high - low, count);
  std::vector<double> ticks;
  const double first = std::ceil(low / step - 1e-9), last = std::floor(high / step + 1e-9);
  for (double k = first; k <= last; ++k) ticks.push_back(k == 0 ? 0.0 : k * step);
  return ticks;
}

double Scale::at(double value) const {
  const double t = log ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
  return from + t * (to - from);
}

std::string Scale::label(double tick) const {
  const double size = std::max(std::abs(low), std::abs(high));
  if (log || size >= 1e7 || size < 1e-4) return fmt::format("{}{:.4g}", tick < 0 ? "−" : "", std::abs(tick));
  const double step = ticks.size() > 1 ? ticks[1] - ticks[0] : high - low;
  return format_number(tick, std::max(0, static_cast<int>(-std::floor(std::log10(step) + 1e-9))));
}

Scale make_scale(double low, double high, const Encoding& encoding, int tick_count) {
  check_ends(encoding);
  Scale scale;
  scale.log = encoding.log;
  if (!(low <= high)) {
    low = encoding.log ? 1 : 0;
    high = encoding.log ? 10 : 1;
  }
  if (encoding.zero && !encoding.log) {
    low = std::min(low, 0.0);
    high = std::max(high, 0.0);
  }
  if (encoding.min) low = *encoding.min;
  if (encoding.max) high = *encoding.max;
  if (!(low < high)) {  // one value, or a fixed end beyond the data
    const double middle = encoding.max ? *encoding.max : low;
    const double room = encoding.log ? 0 : middle == 0 ? 0.5 : std::abs(middle) * 0.1;
    low = encoding.min ? *encoding.min : encoding.log ? middle / 2 : middle - room;
    high = encoding.max   ? *encoding.max
           : encoding.log ? std::max(middle, low) * 2
                          : std::max(middle, low) + room;
    if (encoding.zero && !encoding.log && !encoding.min && low > 0) low = 0;
  }
  if (encoding.log) {
    const double room = std::pow(high / low, .03);
    scale.low = encoding.min ? low : low / room;
    scale.high = encoding.max ? high : high * room;
    scale.ticks = log_ticks(scale.low, scale.high);
    return scale;
  }
  const double step = nice_step(high - low, tick_count);
  scale.low = encoding.min ? low : std::floor(low / step + 1e-9) * step;
  scale.high = encoding.max ? high : std::ceil(high / step - 1e-9) * step;
  scale.ticks = nice_ticks(scale.low, scale.high, tick_count);
  return scale;
}

double text_width(const std::string& text, double size) {
  double em = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) == 0x80) continue;
    em += byte >= 0xE3 && byte <= 0xED ? 1.0 : 0.56;
  }
  return em * size;
}

}  // namespace sg::report
