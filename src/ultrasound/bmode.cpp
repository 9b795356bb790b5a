#include "ultrasound/bmode.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <numbers>
#include <optional>
#include <vector>

#include "core/error.h"
#include "core/parallel.h"

namespace sg::ultrasound {
namespace {

using Sample = std::complex<double>;

constexpr double sound = 1.54;  // mm/µs

/// Where the samples of the scan lines lie: depth along y, lines along x. Linear: lines are the columns of
/// the picture. Convex: lines are angles, depth is radius − probe radius.
struct Lines {
  bool convex = false;
  std::int64_t count = 0, samples = 0;
  double step = 1;    // mm between samples along a line
  double spread = 1;  // mm between neighbouring lines (linear) or radians (convex)
  double radius = 0;  // mm, of the probe's face
  double width = 0;   // mm, of the picture
  double half_angle = 0;

  double angle(double line) const { return (line - 0.5 * static_cast<double>(count - 1)) * spread; }
  /// Distance of neighbouring lines at a depth, mm.
  double gap(double depth) const { return convex ? spread * (radius + depth) : spread; }
  /// Place in the picture, mm from the centre of its first pixel.
  std::array<double, 2> place(double line, double depth) const {
    if (!convex) return {line * spread, depth};
    const double a = angle(line), r = radius + depth;
    return {0.5 * width + r * std::sin(a), r * std::cos(a) - radius * std::cos(half_angle)};
  }
};

void require(bool holds, const char* field, double value, const char* expected) {
  if (!holds)
    throw Error(ErrorCode::invalid_input, fmt::format("{} is {}, expected {}", field, value, expected),
                field);
}

void check(const Volume<float>& u, const BMode& s) {
  if (u.empty() || !u.grid().is_2d() || u.channels() != 1)
    throw Error(ErrorCode::invalid_input, "the phantom must be one 2-D image of one channel", "echogenicity");
  for (const float v : u.values())
    require(std::isfinite(v) && v >= 0, "echogenicity", v, "finite values of 0 or more");
  require(s.frequency > 0 && std::isfinite(s.frequency), "frequency", s.frequency, "more than 0 MHz");
  require(s.cycles > 0 && s.cycles < 100, "cycles", s.cycles, "0 to 100");
  require(s.f_number > 0 && s.f_number < 100, "f_number", s.f_number, "0 to 100");
  require(std::isfinite(s.focus), "focus", s.focus, "a depth in mm");
  require(s.depth_of_field > 0, "depth_of_field", s.depth_of_field, "more than 0 mm");
  require(std::isfinite(s.attenuation), "attenuation", s.attenuation, "dB/(cm·MHz)");
  require(std::isfinite(s.compensation), "compensation", s.compensation, "dB/(cm·MHz)");
  require(s.noise >= 0 && std::isfinite(s.noise), "noise", s.noise, "0 or more");
  require(s.dynamic_range >= 20 && s.dynamic_range <= 120, "dynamic_range", s.dynamic_range, "20 to 120 dB");
  require(std::isfinite(s.white), "white", s.white, "dB above the background");
  require(s.probe_radius >= 0 && s.probe_radius < 1e3, "probe_radius", s.probe_radius, "0 to 1000 mm");
  require(s.field_of_view >= 10 && s.field_of_view <= 170, "field_of_view", s.field_of_view, "10 to 170°");
}

double wavelength(const BMode& s) { return sound / s.frequency; }

Lines lines_of(const Grid& grid, const BMode& scanner) {
  Lines lines;
  lines.step = grid.spacing.y;
  lines.convex = scanner.probe_radius > 0;
  if (!lines.convex) {
    lines.count = grid.size[0];
    lines.samples = grid.size[1];
    lines.spread = grid.spacing.x;
    return lines;
  }
  lines.radius = scanner.probe_radius;
  lines.half_angle = scanner.field_of_view / 360 * std::numbers::pi;
  lines.width = static_cast<double>(grid.size[0] - 1) * grid.spacing.x;
  // The middle line ends at the lower border. Lines lie two pixels apart there and are dense at the probe;
  // along them the pulse is sampled finely enough that interpolation does not smooth it.
  const double reach =
      static_cast<double>(grid.size[1] - 1) * lines.step - lines.radius * (1 - std::cos(lines.half_angle));
  require(reach >= 8 * lines.step, "probe_radius", scanner.probe_radius,
          "a face that leaves room for the picture below it");
  lines.step = std::min(lines.step, scanner.cycles * wavelength(scanner) / 2 / 3);
  lines.samples = static_cast<std::int64_t>(reach / lines.step) + 1;
  lines.count = std::max<std::int64_t>(
      16, static_cast<std::int64_t>(2 * lines.half_angle * (lines.radius + reach) / (2 * grid.spacing.x)));
  lines.spread = 2 * lines.half_angle / static_cast<double>(lines.count - 1);
  return lines;
}

/// Linear interpolation at a place in mm, border values continued.
double sample(const Volume<float>& image, double x, double y) {
  const Grid& g = image.grid();
  const double i = std::clamp(x / g.spacing.x, 0.0, static_cast<double>(g.size[0] - 1));
  const double j = std::clamp(y / g.spacing.y, 0.0, static_cast<double>(g.size[1] - 1));
  const auto i0 = static_cast<std::int64_t>(i), j0 = static_cast<std::int64_t>(j);
  const std::int64_t i1 = std::min(i0 + 1, g.size[0] - 1), j1 = std::min(j0 + 1, g.size[1] - 1);
  const double a = i - static_cast<double>(i0), b = j - static_cast<double>(j0);
  return (1 - b) * ((1 - a) * image.at(i0, j0, 0) + a * image.at(i1, j0, 0)) +
         b * ((1 - a) * image.at(i0, j1, 0) + a * image.at(i1, j1, 0));
}

/// Σ weights² = 1, so that blurred white noise keeps its variance. FWHM in samples; of the envelope's point
/// spread, that is of the field.
std::vector<double> kernel(double fwhm) {
  const double sigma = fwhm / (2 * std::sqrt(2 * std::log(2.0)));
  const int radius = std::clamp(static_cast<int>(std::ceil(3.5 * sigma)), 1, 400);
  std::vector<double> weights;
  double energy = 0;
  for (int i = -radius; i <= radius; ++i) {
    weights.push_back(std::exp(-0.5 * (i / sigma) * (i / sigma)));
    energy += weights.back() * weights.back();
  }
  for (double& w : weights) w /= std::sqrt(energy);
  return weights;
}

double lateral_fwhm(const BMode& s, double depth) {
  const double away = (depth - s.focus) / s.depth_of_field;
  return s.f_number * wavelength(s) * std::sqrt(1 + away * away);
}

Sample circular_gaussian(Rng& rng) {
  const double re = rng.normal(), im = rng.normal();
  return std::sqrt(0.5) * Sample(re, im);
}

/// Echo of every line before compression, rows of samples: [samples][count].
std::vector<Sample> echoes(const Volume<float>& u, const BMode& scanner, const Lines& lines, const Rng& rng,
                           const Context& context) {
  const std::vector<double> axial = kernel(scanner.cycles * wavelength(scanner) / 2 / lines.step);
  const auto above = static_cast<std::int64_t>(axial.size() / 2);
  const std::int64_t rows = lines.samples + 2 * above;
  std::vector<Sample> blurred(static_cast<std::size_t>(rows * lines.count));
  parallel_for(
      rows,
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) {
          Rng own = rng.fork(static_cast<std::uint64_t>(row));
          const double depth = static_cast<double>(row - above) * lines.step;
          const auto lateral =
              kernel(lateral_fwhm(scanner, depth) / std::max(1e-6, lines.gap(std::max(0.0, depth))));
          const auto beside = static_cast<std::int64_t>(lateral.size() / 2);
          std::vector<Sample> scatterers(static_cast<std::size_t>(lines.count + 2 * beside));
          for (std::int64_t l = -beside; l < lines.count + beside; ++l) {
            const auto [x, y] = lines.place(static_cast<double>(l), depth);
            scatterers[static_cast<std::size_t>(l + beside)] =
                std::sqrt(sample(u, x, y)) * circular_gaussian(own);
          }
          for (std::int64_t l = 0; l < lines.count; ++l) {
            Sample sum = 0;
            for (std::size_t k = 0; k < lateral.size(); ++k)
              sum += lateral[k] * scatterers[static_cast<std::size_t>(l) + k];
            blurred[static_cast<std::size_t>(row * lines.count + l)] = sum;
          }
        }
      },
      context);
  std::vector<Sample> result(static_cast<std::size_t>(lines.samples * lines.count));
  parallel_for(
      lines.samples,
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row)
          for (std::size_t k = 0; k < axial.size(); ++k)
            for (std::int64_t l = 0; l < lines.count; ++l)
              result[static_cast<std::size_t>(row * lines.count + l)] +=
                  axial[k] *
                  blurred[static_cast<std::size_t>((row + static_cast<std::int64_t>(k)) * lines.count + l)];
      },
      context);
  return result;
}

/// |echo·attenuation + noise|², both amplified by the compensation; rows of samples, spacing as `lines`.
Volume<float> received(const std::vector<Sample>& echo, const BMode& scanner, const Lines& lines,
                       const Rng& rng) {
  Grid grid;
  grid.size = {lines.count, lines.samples, 1};
  Volume<float> intensity(grid);
  const double there_and_back = 2 * scanner.frequency / 10;  // cm per mm, both ways
  for (std::int64_t row = 0; row < lines.samples; ++row) {
    Rng own = rng.fork(static_cast<std::uint64_t>(row));
    const double path = static_cast<double>(row) * lines.step * there_and_back;
    const double fade = std::pow(10, -scanner.attenuation * path / 20);
    const double gain = std::pow(10, scanner.compensation * path / 20);
    for (std::int64_t l = 0; l < lines.count; ++l) {
      Sample value = fade * echo[static_cast<std::size_t>(row * lines.count + l)];
      if (scanner.noise > 0) value += std::sqrt(scanner.noise) * circular_gaussian(own);
      intensity.at(l, row, 0) = static_cast<float>(std::norm(gain * value));
    }
  }
  return intensity;
}

double compressed(double intensity, const BMode& scanner) {
  const double decibels = 10 * std::log10(std::max(intensity, 1e-30));
  return std::clamp(255 * (1 + (decibels - scanner.white) / scanner.dynamic_range), 0.0, 255.0);
}

/// The line and sample (fractional) that show at a place in mm; none outside the sector.
std::optional<std::array<double, 2>> line_at(const Lines& lines, double x, double y) {
  const double across = x - 0.5 * lines.width, down = y + lines.radius * std::cos(lines.half_angle);
  const double angle = std::atan2(across, down), depth = std::hypot(across, down) - lines.radius;
  const double row = depth / lines.step;
  const double line = angle / lines.spread + 0.5 * static_cast<double>(lines.count - 1);
  if (line < 0 || line > static_cast<double>(lines.count - 1)) return {};
  if (row < 0 || row > static_cast<double>(lines.samples - 1)) return {};
  return std::array{line, row};
}

}  // namespace

BModeFrame simulate_bmode(const Volume<float>& echogenicity, const BMode& scanner, const Rng& rng,
                          const Context& context) {
  check(echogenicity, scanner);
  const Grid& grid = echogenicity.grid();
  const Lines lines = lines_of(grid, scanner);
  const auto echo = echoes(echogenicity, scanner, lines, rng.fork(0), context);
  const Volume<float> intensity = received(echo, scanner, lines, rng.fork(1));
  Volume<float> grey(intensity.grid());
  for (std::int64_t i = 0; i < grey.size(); ++i)
    grey.data()[i] = static_cast<float>(compressed(intensity.data()[i], scanner));
  BModeFrame frame{Volume<float>(grid), Volume<std::uint8_t>(grid), echogenicity.clone(), Mask(grid)};
  for (std::int64_t j = 0; j < grid.size[1]; ++j)
    for (std::int64_t i = 0; i < grid.size[0]; ++i) {
      std::optional<std::array<double, 2>> at{{static_cast<double>(i), static_cast<double>(j)}};
      if (lines.convex)
        at = line_at(lines, static_cast<double>(i) * grid.spacing.x, static_cast<double>(j) * grid.spacing.y);
      if (!at) continue;
      frame.sector.at(i, j, 0) = 1;
      frame.intensity.at(i, j, 0) = static_cast<float>(sample(intensity, (*at)[0], (*at)[1]));
      frame.picture.at(i, j, 0) = static_cast<std::uint8_t>(std::lround(sample(grey, (*at)[0], (*at)[1])));
    }
  return frame;
}

}  // namespace sg::ultrasound
