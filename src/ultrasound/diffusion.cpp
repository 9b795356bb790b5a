#include "ultrasound/diffusion.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/error.h"
#include "core/parallel.h"
#include "core/smooth.h"
#include "core/stats.h"
#include "ultrasound/diffusion_kernels.h"

namespace sg::ultrasound {
namespace {

void expect(bool good, const char* field, double value, const char* expected) {
  if (!good)
    throw Error(ErrorCode::invalid_input, fmt::format("{} is {}, expected {}", field, value, expected),
                field);
}

void check(const Volume<float>& image, const DiffusionLaw& law, const DiffusionSteps& steps) {
  if (image.channels() != 1)
    throw Error(ErrorCode::invalid_input, fmt::format("{} channels, expected one", image.channels()),
                "image");
  for (const float value : image.values())
    if (!std::isfinite(value))
      throw Error(ErrorCode::invalid_input, fmt::format("the image holds {}, expected finite values", value),
                  "image");
  expect(law.sigma > 0 && law.sigma <= 20, "sigma", law.sigma, "more than 0 to 20 pixels");
  expect(law.rho >= 0 && law.rho <= 20, "rho", law.rho, "0 to 20 pixels");
  expect(law.k_median >= 0 && law.k_median <= 100, "k_median", law.k_median, "0 to 100");
  expect(law.kappa >= 0 && law.kappa <= 2, "kappa", law.kappa, "0 to 2");
  expect(law.k_share > 0 && law.k_share <= 10, "k_share", law.k_share, "more than 0 to 10");
  expect(law.nu >= 0 && law.nu <= 4, "nu", law.nu, "0 to 4");
  expect(law.q > 0 && law.q <= 10, "q", law.q, "more than 0 to 10");
  for (const double p : {law.p_dark, law.p_bright}) expect(p >= 0 && p <= 2, "p", p, "0 to 2");
  for (const double a : {law.along, law.across}) expect(a >= 0 && a <= 2, "along", a, "0 to 2");
  expect(law.rho_tensor >= 0 && law.rho_tensor <= 20, "rho_tensor", law.rho_tensor, "0 to 20 pixels");
  expect(law.quantile > 0 && law.quantile <= 1, "quantile", law.quantile, "more than 0 to 1");
  expect(steps.step >= 0 && steps.step <= 1000, "step", steps.step, "0 to 1000");
  expect(steps.growth >= 1 && steps.growth <= 2, "growth", steps.growth, "1 to 2");
}

/// What rows lie about row y of slice z.
detail::Rows rows_at(const Volume<float>& image, std::int64_t y, std::int64_t z, std::int64_t channel = 0) {
  const auto [width, height, depth] = image.grid().size;
  const float* values = image.data() + channel * image.grid().voxel_count();
  const auto row = [&](std::int64_t at_y, std::int64_t at_z) {
    return values + (std::clamp<std::int64_t>(at_z, 0, depth - 1) * height +
                     std::clamp<std::int64_t>(at_y, 0, height - 1)) *
                        width;
  };
  detail::Rows rows{row(y, z), row(y - 1, z), row(y + 1, z), nullptr, nullptr};
  if (depth > 1) rows.before = row(y, z - 1), rows.after = row(y, z + 1);
  return rows;
}

constexpr std::int64_t row_grain = 16;

/// work(y, z, first value of that row) for every row.
template <class Work>
void for_rows(const Grid& grid, const Work& work) {
  parallel_for(
      grid.size[1] * grid.size[2],
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row)
          work(row % grid.size[1], row / grid.size[1], row * grid.size[0]);
      },
      {}, row_grain);
}

/// r², and the structure tensor before it is smoothed (its trace, and the parts of Orientation) as means of 2
/// × 2 pixels: it is smoothed so much that half the resolution holds all of it, at a quarter of the cost.
Volume<float> half_tensor(const Volume<float>& smoothed, float weight_y, const detail::ConductivityLaw& law,
                          Volume<float>& r2) {
  const Grid& grid = smoothed.grid();
  const std::int64_t n = grid.size[0], height = grid.size[1];
  Grid half = grid;
  half.size = {(n + 1) / 2, (height + 1) / 2, 1};
  half.spacing.x *= 2, half.spacing.y *= 2;
  Volume<float> tensor(half, 3);
  parallel_for(
      half.size[1],
      [&](std::int64_t begin, std::int64_t end) {
        std::vector<float> parts(static_cast<std::size_t>(4 * n));
        for (std::int64_t row = begin; row < end; ++row) {
          const std::array<std::int64_t, 2> pair{2 * row, std::min(2 * row + 1, height - 1)};
          for (std::int64_t i = 0; i < 2; ++i) {
            const detail::Rows rows = rows_at(smoothed, pair[static_cast<std::size_t>(i)], 0);
            detail::gradient_row(rows, n, weight_y, 0, law,
                                 r2.data() + pair[static_cast<std::size_t>(i)] * n);
            detail::orientation_row(rows, n, weight_y, law,
                                    {&parts[static_cast<std::size_t>(2 * i * n)],
                                     &parts[static_cast<std::size_t>((2 * i + 1) * n)]});
          }
          const auto out = [&](std::int64_t channel) {
            return tensor.channel(channel).data() + row * half.size[0];
          };
          detail::halved_row(r2.data() + pair[0] * n, r2.data() + pair[1] * n, n, out(0));
          for (const std::int64_t part : {0, 1})
            detail::halved_row(parts.data() + part * n, parts.data() + (2 + part) * n, n, out(1 + part));
        }
      },
      {}, row_grain / 2);
  return tensor;
}

/// The largest explicit step that is stable: each pixel keeps a share of itself.
double stable_step(const Grid& grid, double weight_y, double weight_z) {
  double sum = 0;
  if (grid.size[0] > 1) sum += 1;
  if (grid.size[1] > 1) sum += weight_y;
  if (grid.size[2] > 1) sum += weight_z;
  return 0.5 / std::max(sum, 1e-12);
}

/// Solves (1 + a + b)·x − a·left − b·right = d along n values `stride` apart, with the coupling c[i] between
/// i and i+1 (c = 0 beyond the ends); `width` such systems side by side. Thomas' algorithm; diagonally
/// dominant.
void solve_lines(float* d, const float* c, std::int64_t n, std::int64_t stride, std::int64_t width,
                 std::vector<float>& work) {
  work.resize(static_cast<std::size_t>(n * width));
  for (std::int64_t i = 0; i < n; ++i) {
    float* row = d + i * stride;
    float* upper = work.data() + i * width;
    const float* coupling = c + i * stride;
    for (std::int64_t x = 0; x < width; ++x) {
      const float right = i + 1 < n ? coupling[x] : 0, left = i > 0 ? coupling[x - stride] : 0;
      const float before = i > 0 ? upper[x - width] : 0;
      const float pivot = 1 / (1 + left + right - left * before);
      upper[x] = right * pivot;
      row[x] = (row[x] + (i > 0 ? left * row[x - stride] : 0)) * pivot;
    }
  }
  for (std::int64_t i = n - 2; i >= 0; --i) {
    float* row = d + i * stride;
    const float* upper = work.data() + i * width;
    for (std::int64_t x = 0; x < width; ++x) row[x] += upper[x] * row[x + stride];
  }
}

}  // namespace

std::vector<double> fed_cycle(double time, double limit) {
  // A cycle of n steps takes limit·(n² + n)/3.
  const auto n =
      static_cast<int>(std::max(1.0, std::ceil(0.5 * (std::sqrt(1 + 12 * time / limit) - 1) - 1e-9)));
  const double scale = 3 * time / (limit * n * (n + 1.0));
  std::vector<double> steps;
  for (int i = 0; i < n; ++i) {
    const double c = std::cos(std::numbers::pi * (2 * i + 1) / (4 * n + 2));
    steps.push_back(scale * limit / (2 * c * c));
  }
  // κ-cycles: every κ-th, with n+1 or the next prime as the period (Gentzsch 1979, as Grewenig et al. order
  // them).
  const auto is_prime = [](int p) {
    for (int d = 2; d * d <= p; ++d)
      if (p % d == 0) return false;
    return p > 1;
  };
  int prime = n + 1;
  while (!is_prime(prime)) ++prime;
  const int kappa = std::max(1, n / 4);
  std::vector<double> ordered;
  for (int k = 1; k < prime && static_cast<int>(ordered.size()) < n; ++k) {
    const int index = (k * kappa) % prime - 1;
    if (index < n) ordered.push_back(steps[static_cast<std::size_t>(index)]);
  }
  return ordered;
}

Diffusion::Diffusion(const Volume<float>& image, const DiffusionLaw& law, const DiffusionSteps& steps)
    : law_(law), steps_(steps) {
  check(image, law, steps);
  const Grid& grid = image.grid();
  const auto ratio = [&](double spacing) { return grid.spacing.x * grid.spacing.x / (spacing * spacing); };
  weight_y_ = ratio(grid.spacing.y);
  weight_z_ = ratio(grid.spacing.z);
  const double limit = stable_step(grid, weight_y_, weight_z_);
  if (steps_.step == 0) steps_.step = steps_.scheme == Scheme::explicit_euler ? 0.8 * limit : 2;
  if (steps_.scheme == Scheme::explicit_euler)
    expect(steps_.step <= limit * (1 + 1e-9), "step", steps_.step,
           fmt::format("at most {:.3g}, the limit of the explicit scheme here", limit).c_str());
  u_ = image.clone();
  next_ = Volume<float>(grid);
}

bool Diffusion::directed() const {
  return steps_.scheme != Scheme::aos && u_.grid().size[2] == 1 && (law_.along != 1 || law_.across != 1);
}

void Diffusion::renew_diffusivity() {
  const Grid& grid = u_.grid();
  const auto blurred = [&](const Volume<float>& image, double width) {
    const double mm = width * grid.spacing.x;
    return gaussian(image, {mm, mm, mm});
  };
  const Volume<float> smoothed = blurred(u_, law_.sigma);
  level_ = sampled_quantile(smoothed.values(), law_.quantile);
  detail::ConductivityLaw law;
  law.inverse_level = level_ > 0 ? static_cast<float>(1 / level_) : 0;
  law.kappa = static_cast<float>(law_.kappa);
  law.nu = static_cast<float>(law_.nu);
  law.q = static_cast<float>(law_.q);
  law.dark = static_cast<float>(law_.p_dark);
  law.bright = static_cast<float>(law_.p_bright);
  law.along = static_cast<float>(law_.along);
  law.across = static_cast<float>(law_.across);
  const auto weight_y = static_cast<float>(weight_y_), weight_z = static_cast<float>(weight_z_);
  const std::int64_t n = grid.size[0];
  const bool turned = directed();
  Volume<float> r2(grid), tensor;
  if (turned) {
    tensor = half_tensor(smoothed, weight_y, law, r2);
    tensor = blurred(tensor, law_.rho_tensor);
  } else {
    for_rows(grid, [&](std::int64_t y, std::int64_t z, std::int64_t first) {
      detail::gradient_row(rows_at(smoothed, y, z), n, weight_y, weight_z, law, r2.data() + first);
    });
  }
  r2 = blurred(r2, law_.rho);
  double k = law_.k_share;
  // Where more than half of the image is flat the median says nothing; k falls to a fiftieth at most.
  if (law_.k_median > 0)
    k = std::clamp(law_.k_median * std::sqrt(sampled_quantile(r2.values(), 0.5)), 0.02 * k, k);
  law.inverse_k2 = static_cast<float>(1 / (k * k));
  if (!turned) {
    for_rows(grid, [&](std::int64_t, std::int64_t, std::int64_t first) {
      detail::conductivity_row(smoothed.data() + first, n, law, r2.data() + first);
    });
    std::swap(d_, r2);
    return;
  }
  if (d_.empty()) d_ = Volume<float>(grid, 3);
  const std::int64_t rows = tensor.grid().size[1], half = tensor.grid().size[0];
  for_rows(grid, [&](std::int64_t y, std::int64_t, std::int64_t first) {
    const std::int64_t near = y / 2,
                       far = std::clamp<std::int64_t>(y % 2 == 0 ? near - 1 : near + 1, 0, rows - 1);
    const auto part = [&](std::int64_t channel) {
      const float* values = tensor.data() + channel * rows * half;
      float* out = d_.data() + channel * grid.voxel_count() + first;
      detail::doubled_row(values + near * half, values + far * half, n, out);
      return out;
    };
    float* trace = part(0);
    detail::tensor_row(smoothed.data() + first, r2.data() + first, n, law, trace, {part(1), part(2)});
  });
}

void Diffusion::explicit_step(double tau) {
  const Grid& grid = u_.grid();
  const std::int64_t n = grid.size[0];
  const auto step = static_cast<float>(tau), weight_y = static_cast<float>(weight_y_),
             weight_z = static_cast<float>(weight_z_);
  for_rows(grid, [&](std::int64_t y, std::int64_t z, std::int64_t first) {
    float* out = next_.data() + first;
    if (!directed())
      return detail::explicit_row(rows_at(u_, y, z), rows_at(d_, y, z), n, step, weight_y, weight_z, out);
    const detail::TensorRows tensor{d_.data() + first, rows_at(d_, y, z, 1), rows_at(d_, y, z, 2), y == 0,
                                    y + 1 == grid.size[1]};
    detail::tensor_explicit_row(rows_at(u_, y, z), tensor, n, step, weight_y, out);
  });
  std::swap(u_, next_);
}

void Diffusion::aos_step(double tau) {
  const Grid& grid = u_.grid();
  const std::array<double, 3> weights{1, weight_y_, weight_z_};
  const std::array<std::int64_t, 3> strides{1, grid.size[0], grid.size[0] * grid.size[1]};
  std::vector<int> axes;
  for (int a = 0; a < 3; ++a)
    if (grid.size[static_cast<std::size_t>(a)] > 1) axes.push_back(a);
  if (axes.empty()) return;
  for (float& value : next_.values()) value = 0;
  const auto m = static_cast<double>(axes.size());
  for (const int a : axes) {
    const auto axis = static_cast<std::size_t>(a);
    const std::int64_t stride = strides[axis], n = grid.size[axis];
    const auto factor = static_cast<float>(0.5 * m * tau * weights[axis]);
    Volume<float> solution = u_.clone();
    // Systems that lie side by side: along x there is one a row, else a row's worth.
    const std::int64_t width = a == 0 ? 1 : grid.size[0];
    const std::int64_t systems = u_.size() / (n * width);
    parallel_for(
        systems,
        [&](std::int64_t begin, std::int64_t end) {
          std::vector<float> coupling(static_cast<std::size_t>(u_.size())), work;
          for (std::int64_t s = begin; s < end; ++s) {
            const std::int64_t first = a == 0 ? s * n : a == 1 ? s * n * width : s * width;
            for (std::int64_t i = 0; i + 1 < n; ++i)
              for (std::int64_t x = 0; x < width; ++x) {
                const std::int64_t at = first + i * stride + x;
                coupling[static_cast<std::size_t>(at)] = factor * (d_.data()[at] + d_.data()[at + stride]);
              }
            solve_lines(solution.data() + first, coupling.data() + first, n, stride, width, work);
          }
        },
        {}, std::max<std::int64_t>(1, systems / (2 * thread_count())));
    for (std::int64_t i = 0; i < u_.size(); ++i)
      next_.data()[i] += solution.data()[i] / static_cast<float>(m);
  }
  std::swap(u_, next_);
}

double Diffusion::advance(double most) {
  const double time = std::min(steps_.step, most);
  if (!(time > 0)) return 0;
  renew_diffusivity();
  switch (steps_.scheme) {
    case Scheme::explicit_euler: explicit_step(time); break;
    case Scheme::aos: aos_step(time); break;
    case Scheme::fed:
      for (const double tau : fed_cycle(time, stable_step(u_.grid(), weight_y_, weight_z_)))
        explicit_step(tau);
  }
  if (steps_.scheme != Scheme::explicit_euler) steps_.step = std::min(1000.0, steps_.step * steps_.growth);
  time_ += time;
  return time;
}

}  // namespace sg::ultrasound
