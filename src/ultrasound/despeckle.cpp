#include "ultrasound/despeckle.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/speckle.h"
#include "core/stats.h"
#include "ultrasound/compression.h"
#include "ultrasound/dpad.h"
#include "ultrasound/frame.h"
#include "ultrasound/grey_diffusion.h"
#include "ultrasound/input.h"
#include "ultrasound/intensity.h"
#include "ultrasound/local_filters.h"
#include "ultrasound/mulog.h"
#include "ultrasound/network.h"
#include "ultrasound/nlm.h"
#include "ultrasound/srad.h"
#include "ultrasound/temporal.h"

namespace sg::ultrasound {
namespace {

constexpr double usual_range = 60;  // dB, where nothing can be measured

Domain domain_of(const Image& image) {
  const auto modality = image.metadata.find("Modality");
  const bool ultrasound = modality != image.metadata.end() && modality->second == "US";
  const bool bytes = std::holds_alternative<Volume<std::uint8_t>>(image.voxels);
  return bytes || ultrasound ? Domain::bmode : Domain::intensity;
}

/// The domain asked for or found, after a look at the image; adds what is to be said of it.
Domain accepted(const Image& image, Domain asked, std::vector<std::string>& warnings) {
  const Domain domain = asked == Domain::automatic ? domain_of(image) : asked;
  const bool series =
      std::visit([](const auto& voxels) { return voxels.outer() == OuterAxis::time; }, image.voxels);
  if (!series && channels_of(image.voxels) > 1 && domain != Domain::bmode)
    throw Error(
        ErrorCode::invalid_input,
        fmt::format("the image has {} channels: colour is a B-mode picture, expected one channel of {}",
                    channels_of(image.voxels), domain == Domain::amplitude ? "amplitude" : "intensity"),
        "image");
  warnings = look_at_input(image, domain == Domain::bmode       ? Values::displayed
                                  : domain == Domain::amplitude ? Values::amplitude
                                                                : Values::intensity);
  const bool fractions = std::holds_alternative<Volume<float>>(image.voxels) ||
                         std::holds_alternative<Volume<double>>(image.voxels);
  if (asked == Domain::automatic && domain == Domain::intensity && !fractions)
    warnings.push_back(
        fmt::format("nothing says what the {} values are: they were taken for intensities; if they are "
                    "amplitudes or a picture as displayed, name the domain",
                    scalar_name(image.voxels)));
  return domain;
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
      frame.warnings.push_back(
          "the diffusion ended at its longest time: what it took away does not look like speckle");
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
  for (float& value : frame.found.values()) value = std::max(value, 0.0F);  // round-off beside a huge value
}

/// What is to be said of looks that were not told.
void judge_looks(const SpeckleEstimate& estimate, double looks, std::vector<std::string>& warnings) {
  if (!estimate.reliable)
    warnings.push_back(
        fmt::format("too little even texture to measure the speckle: {:.2g} looks assumed", looks));
  if (looks > 30)
    warnings.push_back(
        fmt::format("{:.0f} looks: there is hardly any speckle, or it was filtered before", looks));
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
  std::array<double, 2> correlation{};  // of neighbours along x and y
  double grain = GreyDiffusion().grain;
};

Compression compression_in(const Frame& frame, const Mask& tissue, double told,
                           std::vector<std::string>& warnings, const Context& context) {
  const auto found = estimate_compression(frame.grey, tissue, context);
  Compression result;
  if (!found && told <= 0)
    warnings.push_back(
        fmt::format("no even tissue to measure the compression by: {} dB assumed", usual_range));
  if (found && told <= 0) warnings.insert(warnings.end(), found->warnings.begin(), found->warnings.end());
  if (found) result.dynamic_range = std::clamp(found->dynamic_range, 40.0, 90.0);
  if (told > 0) result.dynamic_range = told;
  if (!found || !(found->spread > 0)) return result;
  // Speckle of L looks spreads ln(intensity) = 2·grey/D by √ψ₁(L). Local differences, which serve for white
  // speckle, see too little of one that the scanner has blurred.
  const double spread = 2 * found->spread / compression_of(result.dynamic_range);
  result.looks = std::clamp(looks_of_log_variance(spread * spread), 0.5, 100.0);
  result.correlation = {found->lag_x, found->lag_y};
  result.grain = found->grain;
  return result;
}

/// A B-mode picture, grey or colour.
AnyVolume despeckle_picture(const AnyVolume& picture, const std::vector<Region>& regions,
                            const DespeckleOptions& options, double& dynamic_range, DespeckledFrame& result,
                            const Context& context) {
  const Frame frame = frame_of(picture, regions, context.part(0, 0.1, "looking at the frame"));
  result.warnings = frame.warnings;
  result.tissue = frame.tissue();
  // One dynamic range for a series; its looks are those of each frame.
  const Compression found = compression_in(frame, result.tissue, dynamic_range, result.warnings, context);
  dynamic_range = found.dynamic_range;
  const double compression = compression_of(dynamic_range);
  result.noisy = decompress(frame.grey, compression, context);
  for (const Region& region : homogeneous_boxes(frame.grey, result.tissue))
    result.boxes.push_back({region.x0, region.y0, region.x1 - region.x0 + 1, region.y1 - region.y0 + 1, 0});
  DespeckleOptions own = options;
  if (own.looks <= 0) own.looks = found.looks.value_or(0);
  Volume<float> filtered;  // grey values
  if (own.method == Method::diffusion) {
    const DiffusionFilter& settings = own.diffusion;
    GreyDiffused diffused =
        diffuse_grey(frame.grey, {settings.time, found.grain, settings.law.k_share, settings.scheme},
                     context.part(0.1, 0.9));
    filtered = std::move(diffused.grey);
    result.diffusion_time = diffused.time;
    result.looks = own.looks > 0 ? own.looks : 1;
    result.estimate.reliable = found.looks.has_value();
    result.found = mean_intensity(frame.grey, filtered, result.tissue, compression, context);
  } else {
    run_filter(result, own, context.part(0.1, 0.9));
    filtered = recompress(result.found, compression, context);
  }
  result.estimate.correlation = found.correlation;
  if (options.looks <= 0) {
    SpeckleEstimate judged = result.estimate;
    judged.reliable = judged.reliable || found.looks;
    judge_looks(judged, result.looks, result.warnings);
  }
  return put_back(picture, frame, filtered);
}

/// Values as intensities, filtered, and back.
Volume<float> despeckle_values(const Volume<float>& values, bool amplitude, const DespeckleOptions& options,
                               DespeckledFrame& result, const Context& context) {
  result.tissue = everywhere(values.grid());
  const double scale = usual_scale_of(values);
  result.noisy = intensity_of(values, amplitude);
  run_filter(result, options, context);
  if (options.looks <= 0) judge_looks(result.estimate, result.looks, result.warnings);
  Volume<float> found = result.found.clone();
  for (float& value : found.values())
    value = static_cast<float>(std::min(double{amplitude ? std::sqrt(value) : value} / scale,
                                        double{std::numeric_limits<float>::max()}));
  return found;
}

/// A constant frame of the outer axis: there is nothing to remove, and what corrects a bias of speckle would
/// move it.
void keep_constant(const AnyVolume& frame, Domain domain, double looks, DespeckledFrame& result) {
  result.noisy = Volume<float>(grid_of(frame));
  const float value = converted_to<float>(frame).data()[0];
  std::fill_n(result.noisy.data(), result.noisy.size(), domain == Domain::bmode ? 1.0F : value);
  result.found = result.noisy.clone();
  result.tissue = everywhere(grid_of(frame));
  result.estimate.reliable = false;
  result.looks = looks > 0 ? looks : result.estimate.looks;
  result.warnings.push_back(
      fmt::format("every value is {:g}: there is nothing to remove, so nothing was changed", value));
}

template <class T>
AnyVolume in_type(const Volume<float>& values, const Volume<T>&) {
  return converted_to<T>(AnyVolume(values.clone()));
}

/// A B-mode picture of any type: the same on its grey values 0…255, what is no tissue as it was.
AnyVolume despeckle_scaled(const AnyVolume& picture, const GreyScale& scale,
                           const std::vector<Region>& regions, const DespeckleOptions& options,
                           double& dynamic_range, DespeckledFrame& result, const Context& context) {
  if (scale.identity()) return despeckle_picture(picture, regions, options, dynamic_range, result, context);
  Volume<float> found = std::get<Volume<float>>(
      despeckle_picture(grey_by(scale, picture), regions, options, dynamic_range, result, context));
  for (float& value : found.values())
    value = static_cast<float>(static_cast<double>(value) / scale.factor + scale.low);
  return std::visit(
      [&](const auto& given) -> AnyVolume {
        auto done = in_type(found, given);
        auto& voxels = std::get<std::decay_t<decltype(given)>>(done);
        const std::int64_t n = result.tissue.size();
        for (std::int64_t i = 0; i < voxels.size(); ++i)
          if (result.tissue.data()[i % n] == 0) voxels.data()[i] = given.data()[i];
        return done;
      },
      picture);
}

/// One frame of the outer axis: a picture, or a volume whose slices are pictures in B-mode.
AnyVolume despeckle_frame(const AnyVolume& frame, const GreyScale& scale, const std::vector<Region>& regions,
                          const DespeckleOptions& options, Despeckled& all, const Context& context) {
  return std::visit(
      [&](const auto& voxels) -> AnyVolume {
        const std::int64_t depth = voxels.grid().size[2];
        if (all.domain != Domain::bmode && is_constant_frame(frame)) {
          keep_constant(frame, all.domain, options.looks, all.frames.emplace_back());
          return voxels.clone();
        }
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
          const AnyVolume slice = slice_of(voxels, z);
          DespeckledFrame& result = all.frames.emplace_back();
          if (is_constant_frame(slice)) {
            keep_constant(slice, all.domain, options.looks, result);
            continue;
          }
          const AnyVolume found =
              despeckle_scaled(slice, scale, regions, options, all.dynamic_range, result, part);
          put_slice(std::get<std::decay_t<decltype(voxels)>>(found), z, done);
        }
        return done;
      },
      frame);
}

/// Frames of a series, averaged over time where nothing moves if that was asked for.
class Steady {
 public:
  template <class T>
  Steady(const Volume<T>& series, const DespeckleOptions& options, Domain domain)
      : options_{options.temporal, domain != Domain::bmode} {
    if (!used()) return;
    all_ = converted_to<float>(AnyVolume(series.clone()));
    cuts_ = cuts_of(all_);
  }
  bool used() const { return options_.weight > 0; }
  template <class T>
  AnyVolume frame(const Volume<T>& given, std::int64_t t, const Context& context) const {
    if (!used()) return given.clone();
    return in_type(temporal_mean(all_, t, options_, cuts_, context), given);
  }

 private:
  TemporalMean options_;
  Volume<float> all_;
  std::vector<std::size_t> cuts_;
};

/// After filtering a mean of frames: what is no tissue comes from the frame that was given, and so do the
/// intensities that the result is held against.
template <class T>
void judge_by(const Volume<T>& given, const GreyScale& scale, Despeckled& all, std::size_t first,
              Volume<T>& found) {
  for (std::size_t f = first; f < all.frames.size(); ++f) {
    DespeckledFrame& frame = all.frames[f];
    const std::int64_t n = frame.tissue.size(), from = static_cast<std::int64_t>(f - first) * n;
    for (std::int64_t i = 0; i < n; ++i)
      if (frame.tissue.data()[i] == 0) found.data()[from + i] = given.data()[from + i];
    Volume<float> values(frame.noisy.grid());
    for (std::int64_t i = 0; i < n; ++i) values.data()[i] = static_cast<float>(given.data()[from + i]);
    if (is_constant(frame.found)) continue;  // as it was given
    if (all.domain != Domain::bmode)
      frame.noisy = intensity_of(values, all.domain == Domain::amplitude);
    else if (all.dynamic_range > 0)
      frame.noisy = decompress(std::get<Volume<float>>(grey_by(scale, AnyVolume(values.clone()))),
                               compression_of(all.dynamic_range));
  }
}

}  // namespace

const std::vector<std::string>& method_names() {
  static const std::vector<std::string> names{"diffusion", "network", "srad",  "dpad", "obnlm",
                                              "lee",       "kuan",    "frost", "mulog"};
  return names;
}

Measured measure(const Image& image, const DespeckleOptions& options, const Context& context) {
  Measured found;
  std::vector<std::string> warnings;
  found.domain = accepted(image, options.domain, warnings);
  Volume<float> intensity;
  Mask tissue;
  std::optional<double> looks;
  std::array<double, 2> correlation{};
  AnyVolume first = std::visit(
      [&](const auto& voxels) -> AnyVolume {
        if (found.domain != Domain::bmode) return part_of(voxels, 0, 1);
        const bool series = voxels.outer() == OuterAxis::time;
        return slice_of(part_of(voxels, 0, series ? 1 : voxels.channels()), voxels.grid().size[2] / 2);
      },
      image.voxels);
  if (is_constant_frame(first)) {
    found.estimate.reliable = false;
    context.warn("the image is constant: there is no speckle to measure");
    return found;
  }
  if (found.domain == Domain::bmode) {
    const GreyScale scale = grey_scale_of(image);
    if (!scale.warning.empty()) warnings.push_back(scale.warning);
    const Frame frame = frame_of(scale.identity() ? std::move(first) : grey_by(scale, first),
                                 regions_of(image.metadata), context);
    warnings.insert(warnings.end(), frame.warnings.begin(), frame.warnings.end());
    tissue = frame.tissue();
    const Compression compression = compression_in(frame, tissue, options.dynamic_range, warnings, context);
    found.dynamic_range = compression.dynamic_range;
    looks = compression.looks;
    correlation = compression.correlation;
    intensity = decompress(frame.grey, compression_of(found.dynamic_range), context);
  } else {
    tissue = everywhere(grid_of(first));
    intensity = intensity_of(converted_to<float>(first), found.domain == Domain::amplitude);
  }
  found.estimate = estimate_speckle(intensity, &tissue, context);
  SpeckleEstimate judged = found.estimate;
  judged.reliable = judged.reliable || looks;
  if (looks) found.estimate.looks = *looks, found.estimate.correlation = correlation;
  judge_looks(judged, found.estimate.looks, warnings);
  for (const std::string& warning : warnings) context.warn(warning);
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
  if (options.method == Method::network && options.network == nullptr)
    throw Error(ErrorCode::invalid_input, "no network was given, expected a despeckler", "model");
  std::vector<std::string> warnings;
  result.domain = accepted(image, options.domain, warnings);
  result.dynamic_range = options.dynamic_range;
  const GreyScale scale = result.domain == Domain::bmode ? grey_scale_of(image) : GreyScale();
  if (!scale.warning.empty()) warnings.push_back(scale.warning);
  const std::vector<Region> regions = regions_of(image.metadata);
  result.image.format = image.format;
  result.image.metadata = image.metadata;
  result.image.source = image.source;
  result.image.voxels = std::visit(
      [&](const auto& voxels) -> AnyVolume {
        using V = std::decay_t<decltype(voxels)>;
        const bool series = voxels.outer() == OuterAxis::time;
        if (!series && options.temporal > 0)
          warnings.push_back("the image is no series in time: there are no frames to average");
        if (!series) return despeckle_frame(image.voxels, scale, regions, options, result, context);
        V done = voxels.clone();
        const Steady steady(voxels, options, result.domain);
        for (std::int64_t t = 0; t < voxels.channels(); ++t) {
          const auto count = static_cast<double>(voxels.channels());
          const Context part =
              context.part(static_cast<double>(t) / count, static_cast<double>(t + 1) / count,
                           fmt::format("frame {} of {}", t + 1, voxels.channels()));
          const std::size_t before = result.frames.size();
          const V given = part_of(voxels, t, 1);
          AnyVolume frame =
              despeckle_frame(steady.frame(given, t, part), scale, regions, options, result, part);
          if (steady.used()) judge_by(given, scale, result, before, std::get<V>(frame));
          const auto values = std::get<V>(frame).values();
          std::copy(values.begin(), values.end(), done.channel(t).data());
        }
        return done;
      },
      image.voxels);
  std::vector<std::vector<std::string>> said;
  for (const DespeckledFrame& frame : result.frames) said.push_back(frame.warnings);
  for (std::string& text : merged_warnings(said)) warnings.push_back(std::move(text));
  for (const std::string& text : warnings) context.warn(text);
  return result;
}

}  // namespace sg::ultrasound
