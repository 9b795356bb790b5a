#include "ultrasound/bmode.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

#include "core/error.h"
#include "core/parallel.h"
#include "ultrasound/echoes.h"

namespace sg::ultrasound {
namespace {

using Sample = std::complex<double>;

constexpr double sound = 1.54;  // mm/µs

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

ScanLines lines_of(const Grid& grid, const BMode& scanner) {
  ScanLines lines;
  lines.step = grid.spacing.y;
  lines.convex = scanner.probe_radius > 0;
  lines.centre[0] = 0.5 * static_cast<double>(grid.size[0] - 1) * grid.spacing.x;
  if (!lines.convex) {
    lines.count = grid.size[0];
    lines.samples = grid.size[1];
    lines.spread = grid.spacing.x;
    return lines;
  }
  lines.radius = scanner.probe_radius;
  const double half_angle = scanner.field_of_view / 360 * std::numbers::pi;
  lines.centre[1] = lines.radius * (1 - std::cos(half_angle));
  // The middle line ends at the lower border. Lines lie two pixels apart there and are dense at the probe;
  // along them the pulse is sampled finely enough that interpolation does not smooth it.
  const double reach = static_cast<double>(grid.size[1] - 1) * lines.step - lines.centre[1];
  require(reach >= 8 * lines.step, "probe_radius", scanner.probe_radius,
          "a face that leaves room for the picture below it");
  lines.step = std::min(lines.step, scanner.cycles * wavelength(scanner) / 2 / 3);
  lines.samples = static_cast<std::int64_t>(reach / lines.step) + 1;
  lines.count = std::max<std::int64_t>(
      16, static_cast<std::int64_t>(2 * half_angle * (lines.radius + reach) / (2 * grid.spacing.x)));
  lines.spread = 2 * half_angle / static_cast<double>(lines.count - 1);
  return lines;
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
std::vector<Sample> echoes(const Volume<float>& u, const BMode& scanner, const ScanLines& lines,
                           const Rng& rng, const Context& context) {
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
                std::sqrt(interpolated(u, x / u.grid().spacing.x, y / u.grid().spacing.y)) *
                circular_gaussian(own);
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

/// echo·attenuation + noise, both amplified by the compensation: I and Q.
Volume<float> received(const std::vector<Sample>& echo, const BMode& scanner, const ScanLines& lines,
                       const Rng& rng) {
  Grid grid;
  grid.size = {lines.count, lines.samples, 1};
  Volume<float> echoes(grid, 2, OuterAxis::channel);
  const double there_and_back = 2 * scanner.frequency / 10;  // cm per mm, both ways
  for (std::int64_t row = 0; row < lines.samples; ++row) {
    Rng own = rng.fork(static_cast<std::uint64_t>(row));
    const double path = static_cast<double>(row) * lines.step * there_and_back;
    const double fade = std::pow(10, -scanner.attenuation * path / 20);
    const double gain = std::pow(10, scanner.compensation * path / 20);
    for (std::int64_t l = 0; l < lines.count; ++l) {
      Sample value = fade * echo[static_cast<std::size_t>(row * lines.count + l)];
      if (scanner.noise > 0) value += std::sqrt(scanner.noise) * circular_gaussian(own);
      value *= gain;
      echoes.at(l, row, 0, 0) = static_cast<float>(value.real());
      echoes.at(l, row, 0, 1) = static_cast<float>(value.imag());
    }
  }
  return echoes;
}

Volume<float> intensity_of_echoes(const Volume<float>& echoes) {
  Volume<float> intensity(echoes.grid());
  for (std::int64_t i = 0; i < intensity.size(); ++i) {
    const double re = echoes.data()[i], im = echoes.data()[intensity.size() + i];
    intensity.data()[i] = static_cast<float>(re * re + im * im);
  }
  return intensity;
}

}  // namespace

BModeFrame simulate_bmode(const Volume<float>& echogenicity, const BMode& scanner, const Rng& rng,
                          const Context& context) {
  check(echogenicity, scanner);
  const Grid& grid = echogenicity.grid();
  const ScanLines lines = lines_of(grid, scanner);
  const auto echo = echoes(echogenicity, scanner, lines, rng.fork(0), context);
  BModeFrame frame;
  frame.echogenicity = echogenicity.clone();
  frame.lines = lines;
  frame.echoes = received(echo, scanner, lines, rng.fork(1));
  const Volume<float> intensity = intensity_of_echoes(frame.echoes);
  Volume<float> grey(intensity.grid());
  for (std::int64_t i = 0; i < grey.size(); ++i)
    grey.data()[i] = static_cast<float>(
        std::clamp(log_compressed(intensity.data()[i], scanner.dynamic_range, scanner.white), 0.0, 255.0));
  frame.intensity = scan_convert(intensity, lines, grid, &frame.sector, context);
  frame.picture = converted_to<std::uint8_t>(AnyVolume(scan_convert(grey, lines, grid, nullptr, context)));
  return frame;
}

}  // namespace sg::ultrasound
