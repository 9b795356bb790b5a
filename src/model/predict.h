#pragma once
#include "core/context.h"
#include "core/volume.h"
#include "model/library.h"

namespace sg::model {

/// A grid over everything that `from` covers, with `spacing` mm (0: as it is; the finest of the three where
/// axes change) and its axes along "RAS" or "LPS" (as Card::Preparation says; "": as they are).
Grid aligned_grid(const Grid& from, const std::string& orientation, double spacing);

/// The image as the network wants it (Card::Preparation): a copy on its own grid.
Volume<float> prepare(const Volume<float>& image, const nn::Card::Preparation& preparation,
                      const Context& context = {});

struct PredictOptions {
  std::int64_t memory_limit = std::int64_t{3} << 30;  // bytes of intermediate values
  double noise = 0;        // its standard deviation, for preparations that want it; 0: estimate_noise
  bool symmetries = true;  // mean over those of the card
};

/// Standard deviation of noise that neighbouring voxels do not share, from second differences along x and y
/// that straight edges do not enter, the median of whose magnitudes edges hardly move: 1.4826·median|N∗I|/6
/// with N = [1 −2 1]ᵀ[1 −2 1] (Immerkær 1996, doi:10.1006/cviu.1996.0060, with the median of Donoho 1995
/// instead of the mean). Voxels of which N∗I is exactly 0 (empty background) do not count. 0 for images of
/// less than 3×3 pixels. Too small by up to a third for magnitude images most of which is noisy background,
/// where noise is weaker than in tissue.
double estimate_noise(const Volume<float>& image);

/// Runs a network of one image input and one image output, [1,C,…] to [1,K,…] of the same size, on an image:
/// prepares it, runs it in as many windows as memory asks for, and gives the K maps on the prepared grid. 2-D
/// networks run slice by slice along z. Throws invalid_input for a network or image of another kind.
Volume<float> predict(const Model& model, const Volume<float>& image, const PredictOptions& options = {},
                      const Context& context = {});

/// The likeliest class at every voxel of `grid`: scores (logits, [K,Z,Y,X] on any grid) are brought onto it
/// by linear interpolation and compared. Names from the card. Voxels the scores do not reach are class 0.
LabelMap classify(const Volume<float>& scores, const Grid& grid, const std::vector<std::string>& classes,
                  const Context& context = {});

}  // namespace sg::model
