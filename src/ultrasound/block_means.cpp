#include "ultrasound/block_means.h"

#include <algorithm>
#include <bit>
#include <vector>

#include "core/parallel.h"
#include "ultrasound/intensity.h"

namespace sg::ultrasound::detail {
namespace {

using Row = std::vector<float>;
constexpr std::int64_t band_rows = 16;  // pixel rows that one piece of work gives back

inline float exp_of_negative(float x) {
  // x = n·ln 2 + f, n the nearest whole number: x ≤ 0, so cutting x/ln 2 − ½ rounds. ln 2 in two parts, the
  // first with so few bits that n times it is exact.
  const float bounded = std::max(x, -87.0F);
  const int n = static_cast<int>(bounded * 1.44269504F - 0.5F);
  const auto whole = static_cast<float>(n);
  const float f = (bounded - whole * 0.693359375F) + whole * 2.12194440e-4F;
  float power = 0.00138888889F;
  power = 0.00833333333F + f * power;
  power = 0.0416666667F + f * power;
  power = 0.166666667F + f * power;
  power = 0.5F + f * power;
  power = 1 + f * power;
  power = 1 + f * power;
  return power * std::bit_cast<float>((n + 127) << 23);
}

/// A slice with mirrored margins, so that rows of all displacements can be read without a test.
struct Padded {
  std::int64_t margin, stride;
  Row values;
  Padded(const float* slice, std::int64_t width, std::int64_t height, std::int64_t around)
      : margin(around), stride(width + 2 * around) {
    values.resize(static_cast<std::size_t>(stride * (height + 2 * margin)));
    for (std::int64_t y = 0; y < height + 2 * margin; ++y)
      for (std::int64_t x = 0; x < stride; ++x)
        values[static_cast<std::size_t>(y * stride + x)] =
            slice[mirrored(y - margin, height) * width + mirrored(x - margin, width)];
  }
  /// Pixel (x, y) of the slice, margins included by negative x and y.
  const float* at(std::int64_t x, std::int64_t y) const {
    return values.data() + (y + margin) * stride + x + margin;
  }
};

/// out(x) = Σ_{k<length} in(x + k), x < n, for the odd lengths of blocks.
void window_sums(const float* in, std::int64_t n, int length, float* out) {
  if (length == 7) {
    for (std::int64_t x = 0; x < n; ++x)
      out[x] = ((in[x] + in[x + 1]) + (in[x + 2] + in[x + 3])) + ((in[x + 4] + in[x + 5]) + in[x + 6]);
    return;
  }
  std::copy_n(in, n, out);
  for (int k = 1; k < length; ++k)
    for (std::int64_t x = 0; x < n; ++x) out[x] += in[x + k];
}

/// Mean over the block around each pixel.
Row patch_means(const Padded& image, std::int64_t width, std::int64_t height, int radius) {
  const int length = 2 * radius + 1;
  Row result(static_cast<std::size_t>(width * height)), sum(static_cast<std::size_t>(width + 2 * radius));
  for (std::int64_t y = 0; y < height; ++y) {
    std::fill(sum.begin(), sum.end(), 0.0F);
    for (std::int64_t j = y - radius; j <= y + radius; ++j)
      for (std::int64_t x = 0; x < std::ssize(sum); ++x)
        sum[static_cast<std::size_t>(x)] += image.at(-radius, j)[x];
    window_sums(sum.data(), width, length, result.data() + y * width);
  }
  for (float& v : result) v /= static_cast<float>(length * length);
  return result;
}

/// What all bands of a slice read.
struct Slice {
  const BlockMeans& options;
  std::int64_t width, height, columns;  // columns: of block centres, which lie at multiples of `step`
  Padded values, guide, scale, mean;
  Slice(const BlockMeans& how, const Grid& grid, const float* value, const float* guided, const float* scales)
      : options(how),
        width(grid.size[0]),
        height(grid.size[1]),
        columns((width + how.step - 1) / how.step),
        values(value, width, height, how.search_radius),
        guide(guided, width, height, how.patch_radius + how.search_radius),
        scale(scales, width, height, how.patch_radius + how.search_radius),
        mean(patch_means(guide, width, height, how.patch_radius).data(), width, height, how.search_radius) {}
};

/// Pixel rows first…last − 1 and the blocks that touch them.
class Band {
 public:
  Band(const Slice& slice, std::int64_t first, std::int64_t last);
  void restore(float* result);

 private:
  struct Shift {
    std::int64_t x, y;
  };
  float* weights(std::size_t shift, std::int64_t row) {
    return weights_.data() + (static_cast<std::int64_t>(shift) * rows_ + row) * slice_.columns;
  }
  std::int64_t centre(std::int64_t row) const { return (first_row_ + row) * slice_.options.step; }
  void weigh(std::size_t shift);
  void differences(Shift shift);
  void leave_out(Shift shift, std::int64_t row, float* distances) const;
  void weigh_itself();
  void gather(std::int64_t y, float* result);

  const Slice& slice_;
  const std::int64_t first_, last_, patch_, first_row_, rows_, reach_;
  std::vector<Shift> shifts_;
  std::size_t itself_ = 0;
  Row weights_, best_, total_;  // [shift][row][column], [row][column]
  Row differences_, sum_, window_;
};

Band::Band(const Slice& slice, std::int64_t first, std::int64_t last)
    : slice_(slice),
      first_(first),
      last_(last),
      patch_(slice.options.patch_radius),
      first_row_((std::max<std::int64_t>(0, first - patch_) + slice.options.step - 1) / slice.options.step),
      rows_(std::min(slice.height - 1, last - 1 + patch_) / slice.options.step - first_row_ + 1),
      reach_(slice.width + 2 * patch_) {
  const int radius = slice.options.search_radius;
  for (int y = -radius; y <= radius; ++y)
    for (int x = -radius; x <= radius; ++x) {
      if (x == 0 && y == 0) itself_ = shifts_.size();
      shifts_.push_back({x, y});
    }
  const auto blocks = static_cast<std::size_t>(rows_ * slice.columns);
  weights_.resize(shifts_.size() * blocks);
  best_.resize(blocks);
  total_.resize(blocks);
  differences_.resize(static_cast<std::size_t>(
      reach_ * std::max((rows_ - 1) * slice.options.step + 2 * patch_ + 1, std::int64_t{1})));
  sum_.resize(static_cast<std::size_t>(reach_));
  window_.resize(static_cast<std::size_t>(slice.width));
}

/// Of one pixel to its shifted one, for all rows that the blocks of the band reach.
void Band::differences(Shift shift) {
  const std::int64_t top = centre(0) - patch_, count = std::ssize(differences_) / reach_;
  for (std::int64_t j = 0; j < count; ++j) {
    const float *here = slice_.guide.at(-patch_, top + j),
                *there = slice_.guide.at(shift.x - patch_, top + j + shift.y),
                *scale = slice_.scale.at(shift.x - patch_, top + j + shift.y);
    float* out = differences_.data() + j * reach_;
    for (std::int64_t x = 0; x < reach_; ++x) {
      const float d = here[x] - there[x];
      out[x] = d * d * scale[x];
    }
  }
}

/// A distance without bound where the means of two blocks are too far apart.
void Band::leave_out(Shift shift, std::int64_t row, float* distances) const {
  const float ratio = slice_.options.mean_ratio;
  const std::int64_t step = slice_.options.step;
  const float *here = slice_.mean.at(0, centre(row)), *there = slice_.mean.at(shift.x, centre(row) + shift.y);
  for (std::int64_t c = 0; c < slice_.columns; ++c) {
    const float a = here[c * step], b = there[c * step];
    if (std::min(a, b) < ratio * std::max(a, b)) distances[c] = 1e30F;
  }
}

void Band::weigh(std::size_t index) {
  const Shift shift = shifts_[index];
  const BlockMeans& options = slice_.options;
  const int length = 2 * options.patch_radius + 1;
  const float share = 1 / static_cast<float>(length * length);
  differences(shift);
  for (std::int64_t row = 0; row < rows_; ++row) {
    const float* lines = differences_.data() + row * options.step * reach_;
    std::copy_n(lines, reach_, sum_.data());
    for (int j = 1; j < length; ++j)
      for (std::int64_t x = 0; x < reach_; ++x) sum_[static_cast<std::size_t>(x)] += lines[j * reach_ + x];
    window_sums(sum_.data(), slice_.width, length, window_.data());
    float *w = weights(index, row), *best = best_.data() + row * slice_.columns,
          *total = total_.data() + row * slice_.columns;
    for (std::int64_t c = 0; c < slice_.columns; ++c)
      w[c] = window_[static_cast<std::size_t>(c * options.step)] * share;
    if (options.mean_ratio > 0) leave_out(shift, row, w);
    for (std::int64_t c = 0; c < slice_.columns; ++c) {
      w[c] = exp_of_negative(-options.slope * std::max(0.0F, w[c] - options.offset));
      best[c] = std::max(best[c], w[c]);
      total[c] += w[c];
    }
  }
}

/// The largest weight of the others for the block itself; then all are divided by their sum.
void Band::weigh_itself() {
  float* own = weights(itself_, 0);
  for (std::size_t i = 0; i < total_.size(); ++i) {
    own[i] = std::max(best_[i], 1e-6F);
    total_[i] = 1 / (total_[i] + own[i]);
  }
  for (std::size_t shift = 0; shift < shifts_.size(); ++shift) {
    float* w = weights(shift, 0);
    for (std::size_t i = 0; i < total_.size(); ++i) w[i] *= total_[i];
  }
}

/// Row y: for every shift, the weights of the blocks that cover a pixel, times its shifted value.
void Band::gather(std::int64_t y, float* result) {
  const std::int64_t step = slice_.options.step;
  Row numerator(static_cast<std::size_t>(slice_.width)), denominator(numerator.size());
  Row columns(static_cast<std::size_t>(slice_.columns)), spread(static_cast<std::size_t>(reach_));
  const std::int64_t from = (std::max<std::int64_t>(0, y - patch_) + step - 1) / step - first_row_;
  const std::int64_t to = std::min(rows_ - 1, (y + patch_) / step - first_row_);
  for (std::size_t shift = 0; shift < shifts_.size(); ++shift) {
    std::copy_n(weights(shift, from), slice_.columns, columns.data());
    for (std::int64_t row = from + 1; row <= to; ++row) {
      const float* w = weights(shift, row);
      for (std::int64_t c = 0; c < slice_.columns; ++c) columns[static_cast<std::size_t>(c)] += w[c];
    }
    for (std::int64_t c = 0; c < slice_.columns; ++c)
      spread[static_cast<std::size_t>(c * step + patch_)] = columns[static_cast<std::size_t>(c)];
    window_sums(spread.data(), slice_.width, static_cast<int>(2 * patch_ + 1), window_.data());
    const float* values = slice_.values.at(shifts_[shift].x, y + shifts_[shift].y);
    for (std::size_t x = 0; x < numerator.size(); ++x) {
      numerator[x] += window_[x] * values[x];
      denominator[x] += window_[x];
    }
  }
  for (std::size_t x = 0; x < numerator.size(); ++x) result[x] = numerator[x] / denominator[x];
}

void Band::restore(float* result) {
  for (std::size_t shift = 0; shift < shifts_.size(); ++shift)
    if (shift != itself_) weigh(shift);
  weigh_itself();
  for (std::int64_t y = first_; y < last_; ++y) gather(y, result + y * slice_.width);
}

}  // namespace

float fast_exp(float x) { return exp_of_negative(x); }

Volume<float> block_means(const BlockImages& images, const BlockMeans& options, const Context& context) {
  const Grid& grid = images.values.grid();
  Volume<float> result(grid);
  Row ones;
  const std::int64_t count = grid.size[0] * grid.size[1], height = grid.size[1], depth = grid.size[2];
  if (!images.scale) ones.assign(static_cast<std::size_t>(count), 1);
  for (std::int64_t z = 0; z < depth; ++z) {
    const auto at = [&](const Volume<float>& image) { return image.data() + z * count; };
    const Slice slice(options, grid, at(images.values), at(images.guide),
                      images.scale ? at(*images.scale) : ones.data());
    parallel_for((height + band_rows - 1) / band_rows,
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t b = begin; b < end; ++b)
                     Band(slice, b * band_rows, std::min(height, (b + 1) * band_rows))
                         .restore(result.data() + z * count);
                 },
                 context.part(static_cast<double>(z) / static_cast<double>(depth),
                              static_cast<double>(z + 1) / static_cast<double>(depth)));
  }
  return result;
}

}  // namespace sg::ultrasound::detail
