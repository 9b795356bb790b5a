#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/context.h"
#include "core/table.h"
#include "core/volume.h"
#include "model/library.h"
#include "ultrasound/diffusion_filter.h"
#include "ultrasound/region_quality.h"

namespace sg::ultrasound {

enum class Method { diffusion, network, srad, dpad, obnlm, lee, kuan, frost, mulog };
/// "diffusion", …, in the order of Method.
const std::vector<std::string>& method_names();
/// What the numbers of an image are: intensity (amplitude²), amplitude (envelope), or a displayed picture,
/// log of the amplitude. automatic: 8-bit and colour pictures and DICOM of modality US are B-mode, all else
/// intensity.
enum class Domain { automatic, intensity, amplitude, bmode };

struct DespeckleOptions {
  Method method = Method::diffusion;
  Domain domain = Domain::automatic;
  double looks = 0;          // 0: estimated
  double dynamic_range = 0;  // dB of a B-mode picture; 0: estimated
  DiffusionFilter diffusion;
  const model::Model* network = nullptr;  // for Method::network
  bool average = true;                    // see filter_by_network
  double temporal = 0;                    // weight of the next frame of a series, see temporal.h
};

/// One frame, and what became of it. Intensities are on a scale of their own in B-mode, and where the
/// values given are so large or small that their squares would not be numbers (input.h).
struct DespeckledFrame {
  Volume<float> noisy, found;  // intensity
  Mask tissue;                 // what was filtered and judged
  SpeckleEstimate estimate;
  double looks = 0;
  double diffusion_time = 0;
  std::vector<DiffusionMoment> course;  // of the diffusion
  std::vector<Box> boxes;               // even regions, B-mode only
  std::vector<std::string> warnings;    // plain sentences
};

struct Despeckled {
  Image image;  // type, grid and format of what was given; intensities in float32 where it was float
  Domain domain = Domain::intensity;
  double dynamic_range = 0;  // of a B-mode picture
  std::vector<DespeckledFrame> frames;
};

/// Despeckles an image, a volume, or a series frame by frame. B-mode pictures are taken apart (frame.h),
/// their compression is undone (compression.h), tissue is filtered in intensity, and text, marks, colour and
/// what lies outside the sector come back as they were. A constant frame comes back as it is. What a reader
/// should know goes to context.warn, once for a series. Throws what the filters and look_at_input throw;
/// invalid_input for a network that is missing, and colour in another domain than B-mode.
Despeckled despeckle(const Image& image, const DespeckleOptions& options, const Context& context = {});

/// What despeckle would begin with, of the first frame.
struct Measured {
  Domain domain = Domain::intensity;
  double dynamic_range = 0;
  SpeckleEstimate estimate;
};
Measured measure(const Image& image, const DespeckleOptions& options, const Context& context = {});

/// The filter alone, on intensities with `looks` known. `mask` as in filter_by_diffusion.
Volume<float> filter(const Volume<float>& intensity, double looks, const DespeckleOptions& options,
                     const Mask* mask = nullptr, const Context& context = {});

}  // namespace sg::ultrasound
