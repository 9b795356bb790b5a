#include "ultrasound/echoes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <span>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/fft.h"
#include "core/parallel.h"
#include "core/stats.h"
#include "ultrasound/scan_lines.h"

namespace sg::ultrasound {
namespace {

[[noreturn]] void refuse(const std::string& text, const char* field) {
  throw Error(ErrorCode::invalid_input, text, field);
}

std::string said(const Image& image, const char* key) {
  const auto found = image.metadata.find(key);
  return found == image.metadata.end() ? "" : found->second;
}

/// Frames are an outer axis of time; two channels are I and Q.
EchoForm form_of(const Image& echoes, EchoForm asked) {
  if (asked != EchoForm::automatic) return asked;
  const std::string type = said(echoes, "UltrasoundImageType");
  if (type == "RF_I_LINE_Q_LINE") return EchoForm::iq_lines;
  if (type == "RF_IQ_LINE") return EchoForm::iq_samples;
  if (type == "RF_REAL") return EchoForm::rf;
  if (!type.empty())
    refuse(fmt::format("the file says that it holds {}, expected RF_REAL, RF_IQ_LINE or RF_I_LINE_Q_LINE; "
                       "name the form if that is wrong",
                       type),
           "form");
  const bool pairs = std::visit(
      [](const auto& v) { return v.channels() == 2 && v.outer() != OuterAxis::time; }, echoes.voxels);
  return pairs ? EchoForm::iq_channels : EchoForm::rf;
}

void check(const Volume<float>& echoes, EchoForm form) {
  const Grid& grid = echoes.grid();
  const bool series = echoes.outer() == OuterAxis::time;
  const std::int64_t channels = series ? 1 : echoes.channels(),
                     expected = form == EchoForm::iq_channels ? 2 : 1;
  if (channels != expected)
    refuse(fmt::format("the echoes have {} channels, expected {}{}", channels, expected,
                       expected == 2 ? ", I and Q" : ""),
           "echoes");
  if (form == EchoForm::iq_lines && grid.size[1] % 2 != 0)
    refuse(fmt::format("the echoes have {} rows, expected pairs of I and Q", grid.size[1]), "echoes");
  if (form == EchoForm::iq_samples && grid.size[0] % 2 != 0)
    refuse(fmt::format("the echoes have {} columns, expected pairs of I and Q", grid.size[0]), "echoes");
  for (const float value : echoes.values())
    if (!std::isfinite(value))
      refuse(fmt::format("the echoes hold {}, expected finite values", value), "echoes");
}

/// |f + i·H f| of one line of real samples.
void analytic_amplitude(std::span<const float> line, std::span<float> amplitude) {
  std::vector<std::complex<float>> spectrum = fft(std::vector<float>(line.begin(), line.end()));
  spectrum.front() = 0;
  if (line.size() % 2 == 0) spectrum.back() = 0;
  for (auto& value : spectrum) value = {value.imag(), -value.real()};  // times −i
  const std::vector<float> imaginary = inverse_fft(spectrum, static_cast<std::int64_t>(line.size()));
  for (std::size_t i = 0; i < line.size(); ++i) amplitude[i] = std::hypot(line[i], imaginary[i]);
}

}  // namespace

Volume<float> envelope(const Image& echoes, const EchoLayout& layout, const Context& context) {
  const EchoForm form = form_of(echoes, layout.form);
  const Volume<float> values = converted_to<float>(echoes.voxels);
  check(values, form);
  LineOrder order = line_order_of(echoes);
  order.along_x = true;
  if (layout.start != EchoStart::automatic) order.from_depth = layout.start == EchoStart::depth;
  const Grid& from = values.grid();
  const std::int64_t columns_a_sample = form == EchoForm::iq_samples ? 2 : 1,
                     samples = from.size[0] / columns_a_sample,
                     rows_a_line = form == EchoForm::iq_lines ? 2 : 1, lines = from.size[1] / rows_a_line,
                     frames = values.outer() == OuterAxis::time ? values.channels() : 1;
  Grid grid;
  grid.size = {samples, lines, from.size[2]};
  grid.spacing = {from.spacing.x * static_cast<double>(columns_a_sample),
                  from.spacing.y * static_cast<double>(rows_a_line), from.spacing.z};
  Volume<float> rows(grid, frames, frames > 1 ? OuterAxis::time : OuterAxis::none);
  rows.set_time_step(values.time_step());
  const std::int64_t depth = from.size[2];
  parallel_for(
      frames * depth * lines,
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t k = begin; k < end; ++k) {
          const std::int64_t frame = k / lines / depth, z = k / lines % depth, line = k % lines;
          const float* i = &values.at(0, line * rows_a_line, z, frame);
          const std::span<float> amplitude(&rows.at(0, line, z, frame), static_cast<std::size_t>(samples));
          if (form == EchoForm::rf) {
            analytic_amplitude({i, static_cast<std::size_t>(samples)}, amplitude);
            continue;
          }
          const float* q = form == EchoForm::iq_lines     ? i + samples
                           : form == EchoForm::iq_samples ? i + 1
                                                          : &values.at(0, line, z, 1);
          for (std::int64_t s = 0; s < samples; ++s)
            amplitude[static_cast<std::size_t>(s)] =
                std::hypot(i[columns_a_sample * s], q[columns_a_sample * s]);
        }
      },
      context);
  return columns_of(rows, order);
}

double log_compressed(double intensity, double dynamic_range, double white) {
  const double decibels = 10 * std::log10(std::max(intensity, 1e-30));
  return 255 * (1 + (decibels - white) / dynamic_range);
}

Volume<std::uint8_t> compress(const Volume<float>& amplitude, const GreyLaw& law, const Context& context) {
  for (const float value : amplitude.values())
    if (!(std::isfinite(value) && value >= 0))
      refuse(fmt::format("the image holds {}, expected amplitudes of 0 or more", value), "amplitude");
  if (!(law.dynamic_range > 0 && std::isfinite(law.dynamic_range)))
    refuse(fmt::format("dynamic_range is {}, expected more than 0 dB", law.dynamic_range), "dynamic_range");
  if (!(law.scale > 0 && std::isfinite(law.scale)))
    refuse(fmt::format("scale is {}, expected more than 0", law.scale), "scale");
  if (!(law.power > 0 && std::isfinite(law.power)))
    refuse(fmt::format("power is {}, expected more than 0", law.power), "power");
  const double brightest = quantile(amplitude.values(), 0.999);
  const double white = law.white.value_or(20 * std::log10(std::max(brightest, 1e-15)));
  Volume<std::uint8_t> picture(amplitude.grid(), amplitude.channels(), amplitude.outer());
  picture.set_time_step(amplitude.time_step());
  parallel_for(
      amplitude.size(),
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          const double a = amplitude.data()[i];
          const double grey = law.logarithm ? log_compressed(a * a, law.dynamic_range, white)
                                            : law.scale * std::pow(a, law.power);
          picture.data()[i] = static_cast<std::uint8_t>(std::lround(std::clamp(grey, 0.0, 255.0)));
        }
      },
      context, 4096);
  return picture;
}

}  // namespace sg::ultrasound
