#include "image/simulate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "core/error.h"
#include "core/parallel.h"
#include "core/resample.h"
#include "core/smooth.h"
#include "core/stats.h"
#include "image/view.h"

namespace sg::image {

namespace {

constexpr double degree = std::numbers::pi / 180;

void require(bool good, const char* field, double value, const char* expected) {
  if (!good)
    throw Error(ErrorCode::invalid_input, fmt::format("{} is {}, expected {}", field, value, expected),
                field);
}

void check(const Volume<float>& original, const LabelMap* labels, const AcquisitionOptions& o) {
  const auto within = [](double v, double low, double high) { return v >= low && v <= high; };
  require(within(o.max_rotation, 0, 180), "max_rotation", o.max_rotation, "0 to 180 degrees");
  require(within(o.max_scale, 0, .5), "max_scale", o.max_scale, "0 to 0.5");
  require(within(o.max_shear, 0, .5), "max_shear", o.max_shear, "0 to 0.5");
  require(within(o.max_shift, 0, 1e4), "max_shift", o.max_shift, "0 to 10000 mm");
  require(within(o.bias, 0, .9), "bias", o.bias, "0 to 0.9");
  require(within(o.noise, 0, 100), "noise", o.noise, "0 to 100 per cent");
  require(within(o.spacing, .01, 1000), "spacing", o.spacing, "0.01 to 1000 mm");
  require(within(o.max_grid_rotation, 0, 180), "max_grid_rotation", o.max_grid_rotation, "0 to 180 degrees");
  if (original.empty() || original.channels() != 1 || original.grid().is_2d()) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("image is {} with {} channels, expected 3-D with one", original.grid().describe(),
                            original.channels()),
                "image");
  }
  for (const float v : original.values()) {
    if (!std::isfinite(v)) {
      throw Error(ErrorCode::invalid_input, fmt::format("image holds {}, expected finite values", v),
                  "image");
    }
  }
  if (labels != nullptr && labels->voxels.channels() != 1) {
    throw Error(ErrorCode::invalid_input, "labels have more than one channel, expected one", "labels");
  }
}

Vec3 on_sphere(Rng& rng) {
  const double z = rng.uniform(-1, 1), angle = rng.uniform(0, 2 * std::numbers::pi), r = std::sqrt(1 - z * z);
  return {r * std::cos(angle), r * std::sin(angle), z};
}

/// Rodrigues: I + sin(a)·K + (1 − cos(a))·K².
Mat3 about_axis(Vec3 axis, double radians) {
  Mat3 k{{{{0, -axis.z, axis.y}, {axis.z, 0, -axis.x}, {-axis.y, axis.x, 0}}}};
  const Mat3 kk = k * k;
  Mat3 result;
  for (int i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j)
      result[i][j] += std::sin(radians) * k[i][j] + (1 - std::cos(radians)) * kk[i][j];
  }
  return result;
}

struct Motion {
  DrawnMotion drawn;
  Mat3 matrix;
};

Motion draw_motion(const AcquisitionOptions& o, const Context& context) {
  Rng rng = context.rng("motion");
  Motion m;
  const Vec3 axis = on_sphere(rng);
  const double angle = rng.uniform(0, o.max_rotation);
  m.drawn.rotation = angle * axis;
  for (int a = 0; a < 3; ++a) m.drawn.scale[a] = rng.uniform(1 - o.max_scale, 1 + o.max_scale);
  for (int a = 0; a < 3; ++a) m.drawn.shear[a] = rng.uniform(-o.max_shear, o.max_shear);
  const Vec3 direction = on_sphere(rng);
  m.drawn.shift = rng.uniform(0, o.max_shift) * direction;
  const Mat3 shear{{{{1, m.drawn.shear.x, m.drawn.shear.y}, {0, 1, m.drawn.shear.z}, {0, 0, 1}}}};
  m.matrix = about_axis(axis, angle * degree) * (shear * Mat3::diagonal(m.drawn.scale));
  return m;
}

/// Voxel indices between which intensity exceeds a tenth of the window, half a voxel added.
struct Box {
  std::array<double, 3> low{}, high{};
};
Box bright_box(const Volume<float>& image, const Window& window) {
  const Grid& grid = image.grid();
  const double threshold = window.low + .1 * (window.high - window.low);
  std::array<std::int64_t, 3> low = grid.size, high{-1, -1, -1};
  for (std::int64_t z = 0; z < grid.size[2]; ++z) {
    for (std::int64_t y = 0; y < grid.size[1]; ++y) {
      for (std::int64_t x = 0; x < grid.size[0]; ++x) {
        if (static_cast<double>(image.at(x, y, z)) <= threshold) continue;
        const std::array<std::int64_t, 3> at{x, y, z};
        for (std::size_t a = 0; a < 3; ++a) {
          low[a] = std::min(low[a], at[a]);
          high[a] = std::max(high[a], at[a]);
        }
      }
    }
  }
  Box box;
  for (std::size_t a = 0; a < 3; ++a) {
    box.low[a] = static_cast<double>(low[a]) - .5;
    box.high[a] = static_cast<double>(high[a]) + .5;
  }
  return box;
}

/// A slightly turned grid around the moved box.
Grid draw_grid(const Grid& original, const Box& box, const Affine& truth, const AcquisitionOptions& o,
               const Context& context) {
  constexpr double margin = 8;
  Rng rng = context.rng("grid");
  const Vec3 axis = on_sphere(rng);
  Grid grid;
  grid.direction = about_axis(axis, rng.uniform(0, o.max_grid_rotation) * degree);
  grid.spacing = {o.spacing, o.spacing, o.spacing};
  Vec3 low{1e300, 1e300, 1e300}, high = -1 * low;
  for (int corner = 0; corner < 8; ++corner) {
    const auto end = [&](std::size_t a) { return ((corner >> a) & 1) != 0 ? box.high[a] : box.low[a]; };
    const LpsPoint p = truth.apply(original.to_lps({end(0), end(1), end(2)}));
    for (int a = 0; a < 3; ++a) {
      const double at = dot(as_vector(p), grid.direction.column(a));
      low[a] = std::min(low[a], at - margin);
      high[a] = std::max(high[a], at + margin);
    }
  }
  double voxels = 1;
  Vec3 start;
  for (int a = 0; a < 3; ++a) {
    const double size = std::ceil((high[a] - low[a]) / o.spacing);
    voxels *= size;
    grid.size[static_cast<std::size_t>(a)] = static_cast<std::int64_t>(size);
    // The origin is off the middle by up to half a voxel, as on a scanner.
    start[a] = low[a] + o.spacing * rng.uniform(0, 1);
  }
  if (voxels > 0x1p28) {
    throw Error(ErrorCode::resource,
                fmt::format("spacing {} mm makes {:.3g} voxels, expected at most 2^28", o.spacing, voxels),
                "spacing");
  }
  grid.origin = as_point(grid.direction * start);
  return grid;
}

/// Monotone cubic interpolation of knots (Fritsch & Carlson 1980, doi:10.1137/0717021): smooth, and never
/// beyond the values of its knots; constant outside them.
class Curve {
 public:
  explicit Curve(std::vector<std::array<double, 2>> knots)
      : knots_(std::move(knots)), slopes_(knots_.size(), 0) {
    const auto secant = [&](std::size_t i) {
      return (knots_[i + 1][1] - knots_[i][1]) / (knots_[i + 1][0] - knots_[i][0]);
    };
    for (std::size_t i = 1; i + 1 < knots_.size(); ++i) {
      const double before = secant(i - 1), after = secant(i);
      slopes_[i] = before * after > 0 ? 2 * before * after / (before + after) : 0;
    }
  }
  double operator()(double u) const {
    if (u <= knots_.front()[0]) return knots_.front()[1];
    std::size_t i = 0;
    while (i + 1 < knots_.size() && u > knots_[i + 1][0]) ++i;
    if (i + 1 == knots_.size()) return knots_.back()[1];
    const double width = knots_[i + 1][0] - knots_[i][0], t = (u - knots_[i][0]) / width, r = 1 - t;
    return r * r * ((1 + 2 * t) * knots_[i][1] + t * width * slopes_[i]) +
           t * t * ((1 + 2 * r) * knots_[i + 1][1] - r * width * slopes_[i + 1]);
  }

 private:
  std::vector<std::array<double, 2>> knots_;
  std::vector<double> slopes_;
};

Curve draw_contrast(Contrast contrast, const Context& context) {
  if (contrast == Contrast::inverted)
    return Curve({{0, 0}, {.04, .02}, {.12, .93}, {.2, .85}, {.6, .45}, {1, .05}});
  if (contrast == Contrast::random) {
    Rng rng = context.rng("contrast");
    std::vector<std::array<double, 2>> knots{{0, 0}, {.05, .02}};
    for (int i = 1; i <= 5; ++i) knots.push_back({i / 5.0, rng.uniform(.1, 1)});
    return Curve(knots);
  }
  // On a T1 image fluid, grey and white matter lie near .25, .6 and .85 of the window.
  return Curve({{0, 0}, {.05, .02}, {.25, 1}, {.6, .55}, {.85, .33}, {1, .22}});
}

/// n of the bias field: a sum of separable cosines, evaluated row by row from tables.
class BiasField {
 public:
  BiasField(const Grid& grid, double amplitude, Rng rng) : grid_(grid), amplitude_(amplitude) {
    for (int i = 0; i < 27; ++i) {
      const int a = i % 3, b = i / 3 % 3, c = i / 9;
      coefficients_[static_cast<std::size_t>(i)] = i == 0 ? 0 : rng.normal() / (1 + a * a + b * b + c * c);
    }
    for (std::int64_t x = 0; x < grid.size[0]; ++x) {
      along_x_.push_back({wave(1, x, grid.size[0]), wave(2, x, grid.size[0])});
    }
    double largest = 0;
    std::vector<double> row(static_cast<std::size_t>(grid.size[0]));
    for (std::int64_t z = 0; z < grid.size[2]; z += 2) {
      for (std::int64_t y = 0; y < grid.size[1]; y += 2) {
        raw_row(y, z, row);
        for (const double v : row) largest = std::max(largest, std::abs(v));
      }
    }
    scale_ = largest > 0 ? 1 / largest : 0;
  }
  /// b at every voxel of a row.
  void row(std::int64_t y, std::int64_t z, std::vector<double>& out) const {
    raw_row(y, z, out);
    for (double& v : out) v = 1 + amplitude_ * std::clamp(v * scale_, -1.0, 1.0);
  }

 private:
  static double wave(int order, std::int64_t at, std::int64_t size) {
    return std::cos(std::numbers::pi * order * (static_cast<double>(at) + .5) / static_cast<double>(size));
  }
  void raw_row(std::int64_t y, std::int64_t z, std::vector<double>& out) const {
    std::array<double, 3> along{};
    for (int i = 0; i < 27; ++i) {
      along[static_cast<std::size_t>(i % 3)] += coefficients_[static_cast<std::size_t>(i)] *
                                                wave(i / 3 % 3, y, grid_.size[1]) *
                                                wave(i / 9, z, grid_.size[2]);
    }
    for (std::size_t x = 0; x < out.size(); ++x) {
      out[x] = along[0] + along[1] * along_x_[x][0] + along[2] * along_x_[x][1];
    }
  }

  const Grid& grid_;
  double amplitude_, scale_ = 1;
  std::array<double, 27> coefficients_{};
  std::vector<std::array<double, 2>> along_x_;
};

void apply_contrast_and_bias(Volume<float>& image, const Window& window, const AcquisitionOptions& o,
                             const Context& context) {
  const Curve contrast = draw_contrast(o.contrast, context);
  const BiasField bias(image.grid(), o.bias, context.rng("bias"));
  const auto [nx, ny, nz] = image.grid().size;
  parallel_for(
      nz,
      [&, width = nx, height = ny](std::int64_t begin, std::int64_t end) {
        std::vector<double> b(static_cast<std::size_t>(width));
        for (std::int64_t z = begin; z < end; ++z) {
          for (std::int64_t y = 0; y < height; ++y) {
            bias.row(y, z, b);
            float* row = image.data() + image.offset(0, y, z);
            for (std::int64_t x = 0; x < width; ++x) {
              const double u = (static_cast<double>(row[x]) - window.low) / (window.high - window.low);
              const double signal = o.contrast == Contrast::same ? std::max(0.0, u) : contrast(u);
              row[x] = static_cast<float>(1000 * signal * b[static_cast<std::size_t>(x)]);
            }
          }
        }
      },
      context);
}

void add_noise(Volume<float>& image, double per_cent, const Context& context) {
  std::vector<float> signal;
  for (const float v : image.values()) {
    if (v > 0) signal.push_back(v);
  }
  if (per_cent <= 0 || signal.empty()) return;
  const double sigma = per_cent / 100 * quantile(std::span<const float>(signal), .95);
  const Rng noise = context.rng("noise");
  const std::int64_t slice = image.grid().size[0] * image.grid().size[1];
  parallel_for(
      image.grid().size[2],
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t z = begin; z < end; ++z) {
          Rng rng = noise.fork(static_cast<std::uint64_t>(z));
          for (std::int64_t i = z * slice; i < (z + 1) * slice; ++i) {
            const double real = static_cast<double>(image.data()[i]) + sigma * rng.normal(),
                         imaginary = sigma * rng.normal();
            image.data()[i] = static_cast<float>(std::hypot(real, imaginary));
          }
        }
      },
      context);
}

/// The original without what the new voxels cannot hold: σ = ½·√(s² − 1) voxels where they are s times
/// larger.
Volume<float> band_limited(const Volume<float>& original, double spacing, const Context& context) {
  Vec3 sigma;
  for (int a = 0; a < 3; ++a) {
    const double own = original.grid().spacing[a];
    sigma[a] = spacing > own ? .5 * std::sqrt(spacing * spacing - own * own) : 0;
  }
  return sigma == Vec3{} ? original.clone() : gaussian(original, sigma, context);
}

}  // namespace

Acquisition simulate_acquisition(const Volume<float>& original, const LabelMap* labels,
                                 const AcquisitionOptions& options, const Context& context) {
  check(original, labels, options);
  const Summary range = summarize(original.values());
  if (!(range.min < range.max)) {
    throw Error(ErrorCode::invalid_input, fmt::format("image is {} everywhere, expected contrast", range.min),
                "image");
  }
  Window window = robust_window(original);
  if (window.high > range.max) window = {range.min, range.max};

  Acquisition result;
  const Motion motion = draw_motion(options, context);
  result.motion = motion.drawn;
  result.truth = Affine::about(centre_of_mass(original, window), motion.matrix, motion.drawn.shift);
  const Grid grid = draw_grid(original.grid(), bright_box(original, window), result.truth, options, context);
  const Transform back{result.truth.inverse(), {}};

  const Volume<float> smooth = band_limited(original, options.spacing, context.part(0, .2, "smoothing"));
  result.image = resample(smooth, back, grid, Interpolation::cubic, static_cast<float>(window.low),
                          context.part(.2, .6, "resampling"));
  apply_contrast_and_bias(result.image, window, options, context.part(.6, .8, "contrast"));
  add_noise(result.image, options.noise, context.part(.8, .95, "noise"));
  if (labels != nullptr) {
    result.labels = resample(*labels, back, grid, context.part(.95, 1, "labels"));
  }
  return result;
}

}  // namespace sg::image
