#include "io/dicom_assembly.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/parallel.h"

namespace sg::io {
namespace {

/// Whether v → slope · v + intercept turns whole numbers into whole numbers (within double's reach).
bool keeps_integers(const FrameInfo& frame) {
  const auto whole = [](double v) { return v == std::floor(v) && std::abs(v) < 1e9; };
  return whole(frame.slope) && whole(frame.intercept);
}

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();
};

/// One channel a frame: frame i of the stack takes the values from i · pixels on.
template <class T>
Range range_after(const FrameStack& stack, const Volume<T>& in) {
  Range range;
  const std::int64_t pixels = stack.grid.size[0] * stack.grid.size[1];
  for (std::size_t place = 0; place < stack.order.size(); ++place) {
    const FrameInfo* f = stack.order[place];
    if (f == nullptr) continue;
    const T* p = in.data() + static_cast<std::int64_t>(place) * pixels;
    const auto [low, high] = std::minmax_element(p, p + pixels);
    for (const double v : {f->slope * *low + f->intercept, f->slope * *high + f->intercept}) {
      range.low = std::min(range.low, v);
      range.high = std::max(range.high, v);
    }
  }
  return range;
}

template <class T, class U>
void rescale(const FrameStack& stack, const Volume<T>& in, Volume<U>& out) {
  const std::int64_t pixels = stack.grid.size[0] * stack.grid.size[1];
  parallel_for(static_cast<std::int64_t>(stack.order.size()), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t place = begin; place < end; ++place) {
      const FrameInfo* f = stack.order[static_cast<std::size_t>(place)];
      if (f == nullptr) continue;
      const T* from = in.data() + place * pixels;
      U* to = out.data() + place * pixels;
      for (std::int64_t i = 0; i < pixels; ++i) to[i] = static_cast<U>(f->slope * from[i] + f->intercept);
    }
  });
}

AnyVolume smallest_integer_volume(const Range& range, const Grid& grid, std::int64_t channels,
                                  OuterAxis outer) {
  const auto fits = [&]<class T>(T) {
    return range.low >= std::numeric_limits<T>::lowest() && range.high <= std::numeric_limits<T>::max();
  };
  if (fits(std::int16_t{})) return Volume<std::int16_t>(grid, channels, outer);
  if (fits(std::uint16_t{})) return Volume<std::uint16_t>(grid, channels, outer);
  if (fits(std::int32_t{})) return Volume<std::int32_t>(grid, channels, outer);
  if (fits(std::uint32_t{})) return Volume<std::uint32_t>(grid, channels, outer);
  return Volume<double>(grid, channels, outer);
}

AnyVolume stored_volume(int bits, bool is_signed, const Grid& grid, std::int64_t channels, OuterAxis outer) {
  if (bits <= 8) {
    if (is_signed) return Volume<std::int8_t>(grid, channels, outer);
    return Volume<std::uint8_t>(grid, channels, outer);
  }
  if (bits <= 16) {
    if (is_signed) return Volume<std::int16_t>(grid, channels, outer);
    return Volume<std::uint16_t>(grid, channels, outer);
  }
  if (is_signed) return Volume<std::int32_t>(grid, channels, outer);
  return Volume<std::uint32_t>(grid, channels, outer);
}

/// Assembles the voxels of a stack. Where images of colour follow each other in time there is one outer axis
/// too few: they are laid along z instead.
class Assembly {
 public:
  Assembly(const DicomSource& source, const std::vector<ObjectInfo>& objects, FrameStack& stack)
      : source_(source), objects_(objects), stack_(stack), format_(objects.front().format) {}

  AnyVolume voxels(const Context& context) {
    with_file(source_, 0, [&](const DicomFile& file) {
      const FrameDecoder decoder(file, format_);
      colors_ = decoder.channels();
      bits_ = decoder.bits();
      is_signed_ = decoder.is_signed();
    });
    const bool series_of_color = colors_ > 1 && stack_.outer_size > 1;
    if (series_of_color) {
      if (stack_.grid.size[2] > 1) {
        throw Error(ErrorCode::unsupported_format,
                    "colour images at several positions and times are not read");
      }
      stack_.warnings.push_back("colour images in time are laid along z, 1 mm apart");
      stack_.grid.size[2] = stack_.outer_size;
      stack_.grid.spacing.z = 1;
      stack_.outer_size = 1;
      stack_.outer = OuterAxis::none;
    }
    channels_ = colors_ > 1 ? colors_ : stack_.outer_size;
    outer_ = colors_ > 1 ? OuterAxis::channel : stack_.outer;
    if (format_.floating) return floating(context.part(0, 1, "reading frames"));
    AnyVolume stored = stored_volume(bits_, is_signed_, stack_.grid, channels_, outer_);
    std::visit([&](auto& volume) { fill(volume, context.part(0, 1, "reading frames")); }, stored);
    AnyVolume result = rescaled(std::move(stored));
    std::visit([&](auto& volume) { volume.set_time_step(stack_.time_step); }, result);
    return result;
  }

 private:
  /// Calls use(place in the stack, decoder, frame) for every image; files are opened once each, side by side.
  template <class Use>
  void for_each_frame(const Context& context, Use use) {
    std::vector<std::vector<std::size_t>> places(objects_.size());
    for (std::size_t i = 0; i < stack_.order.size(); ++i) {
      if (stack_.order[i] != nullptr) places[stack_.order[i]->object].push_back(i);
    }
    const auto count = [](std::size_t n) { return static_cast<std::int64_t>(n); };
    const auto run = [&](const FrameDecoder& decoder, const std::vector<std::size_t>& of, std::int64_t i) {
      const std::size_t place = of[static_cast<std::size_t>(i)];
      use(place, decoder, *stack_.order[place]);
    };
    const auto one_object = [&](std::size_t object, const Context& progress) {
      with_file(source_, object, [&](const DicomFile& file) {
        const FrameDecoder decoder(file, objects_[object].format);
        parallel_for(
            count(places[object].size()),
            [&](std::int64_t begin, std::int64_t end) {
              for (std::int64_t i = begin; i < end; ++i) run(decoder, places[object], i);
            },
            progress);
      });
    };
    if (objects_.size() == 1) return one_object(0, context);
    parallel_for(
        count(objects_.size()),
        [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t o = begin; o < end; ++o) {
            try {
              one_object(static_cast<std::size_t>(o), context.silent());
            } catch (const Error& e) {
              throw Error(e.code(),
                          fmt::format("{}: {}", objects_[static_cast<std::size_t>(o)].name, e.what()));
            }
          }
        },
        context);
  }

  std::int64_t offset(std::size_t place) const { return static_cast<std::int64_t>(place) * format_.pixels(); }

  template <class T>
  void fill(Volume<T>& volume, const Context& context) {
    const std::int64_t pixels = format_.pixels(), plane = volume.grid().voxel_count();
    for_each_frame(context, [&](std::size_t place, const FrameDecoder& decoder, const FrameInfo& frame) {
      std::vector<std::int32_t> values(static_cast<std::size_t>(pixels * colors_));
      decoder.decode(frame.frame, std::span(values));
      for (std::int64_t c = 0; c < colors_; ++c) {
        T* out = volume.data() + c * plane + offset(place);
        const std::int32_t* in = values.data() + c * pixels;
        for (std::int64_t i = 0; i < pixels; ++i) out[i] = static_cast<T>(in[i]);
      }
    });
  }

  AnyVolume floating(const Context& context) {
    Volume<double> wide(stack_.grid, channels_, outer_);
    for_each_frame(context, [&](std::size_t place, const FrameDecoder& decoder, const FrameInfo& frame) {
      const std::span<double> out(wide.data() + offset(place), static_cast<std::size_t>(format_.pixels()));
      decoder.decode(frame.frame, out);
      for (double& v : out) v = frame.slope * v + frame.intercept;
    });
    wide.set_time_step(stack_.time_step);
    if (format_.allocated == 64) return wide;
    return converted_to<float>(AnyVolume(std::move(wide)));
  }

  AnyVolume rescaled(AnyVolume stored) {
    bool identity = true, whole = true;
    for (const FrameInfo* f : stack_.order) {
      if (f == nullptr || colors_ > 1) continue;
      identity = identity && f->slope == 1 && f->intercept == 0;
      whole = whole && keeps_integers(*f);
    }
    if (identity) return stored;
    return std::visit(
        [&](const auto& in) -> AnyVolume {
          AnyVolume result;
          if (whole) {
            result = smallest_integer_volume(range_after(stack_, in), stack_.grid, channels_, outer_);
          } else {
            result = Volume<float>(stack_.grid, channels_, outer_);
          }
          std::visit([&](auto& out) { rescale(stack_, in, out); }, result);
          return result;
        },
        stored);
  }

  const DicomSource& source_;
  const std::vector<ObjectInfo>& objects_;
  FrameStack& stack_;
  const PixelFormat format_;
  int colors_ = 1, bits_ = 16;
  bool is_signed_ = false;
  std::int64_t channels_ = 1;
  OuterAxis outer_ = OuterAxis::none;
};

}  // namespace

AnyVolume assemble_voxels(const DicomSource& source, const std::vector<ObjectInfo>& objects,
                          FrameStack& stack, const Context& context) {
  return Assembly(source, objects, stack).voxels(context);
}

}  // namespace sg::io
