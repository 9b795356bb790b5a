#include "ultrasound/despeckle.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/speckle.h"
#include "core/stats.h"
#include "ultrasound/compression.h"
#include "ultrasound/dpad.h"
#include "ultrasound/frame.h"
#include "ultrasound/local_filters.h"
#include "ultrasound/mulog.h"
#include "ultrasound/network.h"
#include "ultrasound/nlm.h"
#include "ultrasound/srad.h"

namespace sg::ultrasound {
namespace {

constexpr double usual_range = 60;  // dB, where nothing can be measured

Domain domain_of(const Image& image) {
  const auto modality = image.metadata.find("Modality");
  const bool ultrasound = modality != image.metadata.end() && modality->second == "US";
  const bool bytes = std::holds_alternative<Volume<std::uint8_t>>(image.voxels);
  return bytes || ultrasound ? Domain::bmode : Domain::intensity;
}

/// One 2-D or 3-D image of those along the outer axis; all channels of a colour picture.
template <class T>
Volume<T> part_of(const Volume<T>& all, std::int64_t first, std::int64_t channels) {
  Volume<T> part(all.grid(), channels, channels > 1 ? all.outer() : OuterAxis::none);
  std::copy_n(all.channel(first).data(), part.size(), part.data());
  return part;
}

/// Slice `z` of a volume as a picture.
template <class T>
Volume<T> slice_of(const Volume<T>& volume, std::int64_t z) {
  Grid grid = volume.grid();
  grid.size[2] = 1;
  const std::int64_t plane = grid.size[0] * grid.size[1];
  Volume<T> slice(grid, volume.channels(), volume.outer());
  for (std::int64_t c = 0; c < volume.channels(); ++c)
    std::copy_n(volume.channel(c).data() + z * plane, plane, slice.channel(c).data());
  return slice;
}

template <class T>
void put_slice(const Volume<T>& slice, std::int64_t z, Volume<T>& volume) {
  const std::int64_t plane = slice.grid().size[0] * slice.grid().size[1];
  for (std::int64_t c = 0; c < volume.channels(); ++c)
    std::copy_n(slice.channel(c).data(), plane, volume.channel(c).data() + z * plane);
}

void run_filter(DespeckledFrame& frame, const DespeckleOptions& options, const Context& context) {
  if (options.method == Method::diffusion) {
    DiffusionFilter settings = options.diffusion;
    settings.looks = options.looks;
    DiffusionOutcome outcome = filter_by_diffusion(frame.noisy, settings, &frame.tissue, context);
    if (!outcome.reached)
      context.warn("the diffusion ended at its longest time: what it took away does not look like speckle");
    frame.found = std::move(outcome.image);
    frame.estimate = outcome.estimate;
    frame.looks = outcome.looks;
    frame.diffusion_time = outcome.time;
    frame.course = std::move(outcome.course);
  } else {
    frame.estimate =
        estimate_speckle(frame.noisy, &frame.tissue, context.part(0, 0.1, "estimating the speckle"));
    frame.looks = options.looks > 0 ? options.looks : frame.estimate.looks;
    frame.found = filter(frame.noisy, frame.looks, options, &frame.tissue, context.part(0.1, 1, "filtering"));
  }
  if (options.looks <= 0 && !frame.estimate.reliable)
    context.warn(
        fmt::format("too little even texture to measure the speckle: {:.2g} looks assumed", frame.looks));
  if (options.looks <= 0 && frame.looks > 30)
    context.warn(
        fmt::format("{:.0f} looks: there is hardly any speckle, or it was filtered before", frame.looks));
}

Mask everywhere(const Grid& grid) {
  Mask mask(grid);
  std::fill_n(mask.data(), mask.size(), std::uint8_t{1});
  return mask;
}

/// What a picture's log compression is, and the looks that the spread of its even tissue then stands for.
struct Compression {
  double dynamic_range = usual_range;  // dB
  std::optional<double> looks;
};

Compression compression_in(const Frame& frame, const Mask& tissue, double told, const Context& context) {
  const auto found = estimate_compression(frame.grey, tissue, context);
  Compression result;
  if (!found && told <= 0)
    context.warn(fmt::format("no even tissue to measure the compression by: {} dB assumed", usual_range));
  if (found && told <= 0)
    for (const std::string& warning : found->warnings) context.warn(warning);
  if (found) result.dynamic_range = std::clamp(found->dynamic_range, 40.0, 90.0);
  if (told > 0) result.dynamic_range = told;
  if (!found || !(found->spread > 0)) return result;
  // Speckle of L looks spreads ln(intensity) = 2·grey/D by √ψ₁(L). Local differences, which serve for white
  // speckle, see too little of one that the scanner has blurred.
  const double spread = 2 * found->spread / compression_of(result.dynamic_range);
  result.looks = std::clamp(looks_of_log_variance(spread * spread), 0.5, 100.0);
  return result;
}

/// Sum of the variances within the boxes.
double variance_in(const Volume<float>& image, const std::vector<Box>& boxes) {
  double sum = 0;
  for (const Box& box : boxes) {
    const std::vector<float> values = values_in(image, box);
    const double sd = summarize(std::span<const float>(values)).sd;
    sum += sd * sd;
  }
  return sum;
}

/// The diffusion works on grey values, as published: there speckle is alike in dark and bright tissue. What
/// tells the end in intensities says little of a picture that the scanner has smoothed; so it is short, and
/// shorter where the even boxes have lost seven eighths of their variance before.
void diffuse_grey(const Volume<float>& grey, double compression, const DespeckleOptions& options,
                  DespeckledFrame& frame, const Context& context) {
  constexpr double left = 0.125, longest_time = 4;
  frame.estimate = estimate_speckle(frame.noisy, &frame.tissue, context);
  frame.looks = options.looks > 0 ? options.looks : frame.estimate.looks;
  DiffusionLaw law = options.diffusion.law;
  if (law.sigma == 0) law.sigma = 1;
  law.nu = 0;
  const Scheme scheme = options.diffusion.scheme;
  Diffusion diffusion(grey, law, {scheme, scheme == Scheme::explicit_euler ? 0.0 : 1.0});
  const double before = variance_in(grey, frame.boxes);
  const double end = options.diffusion.time > 0 ? options.diffusion.time : longest_time;
  while (diffusion.time() < end * (1 - 1e-9)) {
    context.progress(diffusion.time() / end);
    diffusion.advance(end - diffusion.time());
    if (options.diffusion.time <= 0 && before > 0 &&
        variance_in(diffusion.image(), frame.boxes) <= left * before)
      break;
  }
  frame.diffusion_time = diffusion.time();
  frame.found = decompress(diffusion.image(), compression, context);
}

/// A B-mode picture, grey or colour.
AnyVolume despeckle_picture(const AnyVolume& picture, const std::vector<Region>& regions,
                            const DespeckleOptions& options, double& dynamic_range, DespeckledFrame& result,
                            const Context& context) {
  const Frame frame = frame_of(picture, regions, context.part(0, 0.1, "looking at the frame"));
  for (const std::string& warning : frame.warnings) context.warn(warning);
  result.tissue = frame.tissue();
  // One dynamic range for a series; its looks are those of each frame.
  const Compression found = compression_in(frame, result.tissue, dynamic_range, context);
  dynamic_range = found.dynamic_range;
  const double compression = compression_of(dynamic_range);
  result.noisy = decompress(frame.grey, compression, context);
  for (const Region& region : homogeneous_boxes(frame.grey, result.tissue))
    result.boxes.push_back({region.x0, region.y0, region.x1 - region.x0 + 1, region.y1 - region.y0 + 1, 0});
  DespeckleOptions own = options;
  if (own.looks <= 0) own.looks = found.looks.value_or(0);
  if (own.method == Method::diffusion)
    diffuse_grey(frame.grey, compression, own, result, context.part(0.1, 0.9));
  else
    run_filter(result, own, context.part(0.1, 0.9));
  AnyVolume done = put_back(picture, frame, recompress(result.found, compression, context));
  // A mean of logarithms is below the logarithm of the mean; the picture keeps its greys, the figures do not.
  if (own.method == Method::diffusion) {
    const auto factor = static_cast<float>(std::exp(-log_speckle_mean(result.looks)));
    for (float& value : result.found.values()) value *= factor;
  }
  return done;
}

/// Values as intensities, filtered, and back.
Volume<float> despeckle_values(const Volume<float>& values, bool amplitude, const DespeckleOptions& options,
                               DespeckledFrame& result, const Context& context) {
  result.tissue = everywhere(values.grid());
  result.noisy = values.clone();
  if (amplitude)
    for (float& value : result.noisy.values()) {
      if (value < 0)
        throw Error(ErrorCode::invalid_input,
                    fmt::format("the image holds {}, expected amplitudes of 0 or more", value), "image");
      value *= value;
    }
  run_filter(result, options, context);
  Volume<float> found = result.found.clone();
  if (amplitude)
    for (float& value : found.values()) value = std::sqrt(std::max(0.0F, value));
  return found;
}

template <class T>
AnyVolume in_type(const Volume<float>& values, const Volume<T>&) {
  return converted_to<T>(AnyVolume(values.clone()));
}

/// One frame of the outer axis: a picture, or a volume whose slices are pictures in B-mode.
AnyVolume despeckle_frame(const AnyVolume& frame, const std::vector<Region>& regions,
                          const DespeckleOptions& options, Despeckled& all, const Context& context) {
  return std::visit(
      [&](const auto& voxels) -> AnyVolume {
        const std::int64_t depth = voxels.grid().size[2];
        if (all.domain != Domain::bmode) {
          DespeckledFrame& result = all.frames.emplace_back();
          const Volume<float> found = despeckle_values(
              converted_to<float>(frame), all.domain == Domain::amplitude, options, result, context);
          return in_type(found, voxels);
        }
        auto done = voxels.clone();
        for (std::int64_t z = 0; z < depth; ++z) {
          const Context part = context.part(static_cast<double>(z) / static_cast<double>(depth),
                                            static_cast<double>(z + 1) / static_cast<double>(depth));
          const AnyVolume slice = despeckle_picture(slice_of(voxels, z), regions, options, all.dynamic_range,
                                                    all.frames.emplace_back(), part);
          put_slice(std::get<std::decay_t<decltype(voxels)>>(slice), z, done);
        }
        return done;
      },
      frame);
}

}  // namespace

Measured measure(const Image& image, const DespeckleOptions& options, const Context& context) {
  Measured found;
  found.domain = options.domain == Domain::automatic ? domain_of(image) : options.domain;
  const AnyVolume first = std::visit(
      [&](const auto& voxels) -> AnyVolume {
        if (found.domain != Domain::bmode) return part_of(voxels, 0, 1);
        const bool series = voxels.outer() == OuterAxis::time;
        return slice_of(part_of(voxels, 0, series ? 1 : voxels.channels()), voxels.grid().size[2] / 2);
      },
      image.voxels);
  if (found.domain == Domain::bmode) {
    const Frame frame = frame_of(first, regions_of(image.metadata), context);
    const Mask tissue = frame.tissue();
    const Compression compression = compression_in(frame, tissue, options.dynamic_range, context);
    found.dynamic_range = compression.dynamic_range;
    const Volume<float> intensity = decompress(frame.grey, compression_of(found.dynamic_range), context);
    found.estimate = estimate_speckle(intensity, &tissue, context);
    if (compression.looks) found.estimate.looks = *compression.looks;
    return found;
  }
  Volume<float> values = converted_to<float>(first);
  if (found.domain == Domain::amplitude)
    for (float& value : values.values()) value *= value;
  found.estimate = estimate_speckle(values, nullptr, context);
  return found;
}

Volume<float> filter(const Volume<float>& intensity, double looks, const DespeckleOptions& options,
                     const Mask* mask, const Context& context) {
  switch (options.method) {
    case Method::diffusion: {
      DiffusionFilter settings = options.diffusion;
      settings.looks = looks;
      return filter_by_diffusion(intensity, settings, mask, context).image;
    }
    case Method::network:
      if (options.network == nullptr)
        throw Error(ErrorCode::invalid_input, "no network was given, expected a despeckler", "model");
      return filter_by_network(intensity, looks, *options.network, options.average, context);
    case Method::srad: {
      SradOptions srad_options;
      srad_options.looks = looks;
      return srad(intensity, srad_options, {}, context).image;
    }
    case Method::dpad: {
      DpadOptions dpad_options;
      dpad_options.looks = looks;
      return dpad(intensity, dpad_options, {}, context).image;
    }
    case Method::obnlm: {
      ObnlmOptions nlm_options;
      nlm_options.looks = looks;
      return obnlm(intensity, nlm_options, context);
    }
    case Method::lee: return lee(intensity, looks, 3, context);
    case Method::kuan: return kuan(intensity, looks, 3, context);
    case Method::frost: return frost(intensity, looks, 0, 3, context);
    case Method::mulog: return mulog(intensity, looks, {}, {}, context);
  }
  throw Error(ErrorCode::internal, "a method without a filter");
}

Despeckled despeckle(const Image& image, const DespeckleOptions& options, const Context& context) {
  Despeckled result;
  result.domain = options.domain == Domain::automatic ? domain_of(image) : options.domain;
  result.dynamic_range = options.dynamic_range;
  const std::vector<Region> regions = regions_of(image.metadata);
  result.image.format = image.format;
  result.image.metadata = image.metadata;
  result.image.voxels = std::visit(
      [&](const auto& voxels) -> AnyVolume {
        using V = std::decay_t<decltype(voxels)>;
        const bool series = voxels.outer() == OuterAxis::time;
        if (!series && voxels.channels() > 1 && result.domain != Domain::bmode)
          throw Error(
              ErrorCode::invalid_input,
              fmt::format("the image has {} channels: colour is a B-mode picture, expected one channel of {}",
                          voxels.channels(), result.domain == Domain::amplitude ? "amplitude" : "intensity"),
              "image");
        if (!series) return despeckle_frame(image.voxels, regions, options, result, context);
        V done = voxels.clone();
        for (std::int64_t t = 0; t < voxels.channels(); ++t) {
          const auto count = static_cast<double>(voxels.channels());
          const Context part =
              context.part(static_cast<double>(t) / count, static_cast<double>(t + 1) / count,
                           fmt::format("frame {} of {}", t + 1, voxels.channels()));
          const AnyVolume frame =
              despeckle_frame(AnyVolume(part_of(voxels, t, 1)), regions, options, result, part);
          const auto values = std::get<V>(frame).values();
          std::copy(values.begin(), values.end(), done.channel(t).data());
        }
        return done;
      },
      image.voxels);
  return result;
}

}  // namespace sg::ultrasound
