#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/context.h"
#include "core/table.h"
#include "io/image_folder.h"
#include "ultrasound/despeckle.h"

namespace sg::ultrasound {

/// Despecklers held against each other on clean pictures with speckle put on them.
struct BenchmarkOptions {
  std::vector<double> looks{1, 2, 4, 10};  // each by itself
  std::vector<std::string> methods;        // of benchmark_methods; empty: all
  std::int64_t seed = 1000;                // picture i, in order of names, is drawn from Rng(seed + i)
  bool correlated = false;                 // speckle of a scanner (add_correlated_speckle) instead of white
  bool told = false;                       // the methods are told the looks
  bool best_stop = false;                  // see Score::best_stop
  int repeats = 1;                         // time: median of so many, after one more to warm up if above 1
  int discs = 0;                           // draws of the low-contrast phantoms; 0: none
  const model::Model* network = nullptr;   // without it there is no network
};

/// One method on one picture. Figures: quality.h; found clipped to 0…255 there.
struct Score {
  std::string method;
  double looks = 0;
  std::int64_t picture = 0;  // index
  double psnr = 0, ssim = 0, low_grey_ssim = 0, mae = 0, epi = 0, edge_epi = 0, fom = 0;
  double looks_used = 0;    // what the method took L for; NaN for the noisy picture
  double milliseconds = 0;  // without reading and scoring
  /// Of diffusion, srad and dpad: PSNR had they been stopped by someone who knows the clean picture. NaN for
  /// the others, and unless asked for.
  double best_stop = 0;
};

struct DiscFigures {
  double step_kept = 0;  // (mean in the disc − mean around it)/step, mean of the discs
  double cnr = 0;        // of disc against background, mean of the discs
  double enl = 0;        // of the background
  DiscFigures& operator+=(const DiscFigures& other) {
    step_kept += other.step_kept, cnr += other.cnr, enl += other.enl;
    return *this;
  }
  DiscFigures& operator/=(double n) {
    step_kept /= n, cnr /= n, enl /= n;
    return *this;
  }
};
/// One method on the low-contrast phantoms of one background: means over draws.
struct DiscScore {
  std::string method;
  double looks = 0, background = 0;
  DiscFigures found{};
  /// Of the diffusion, had it been stopped at the ENL of `found`: who smooths less keeps more of any step, so
  /// steps are compared at equal ENL. Where it never gets there, of its 28th cycle.
  DiscFigures diffusion{};
};

struct Benchmark {
  std::vector<std::string> names;  // of the pictures
  std::vector<Score> scores;
  std::vector<DiscScore> discs;
  /// For the eye: what the first picture looks like; row "clean" once, then "noisy" and each method per
  /// looks.
  struct Shown {
    std::string method;
    double looks = 0;
    Volume<float> picture;
  };
  std::vector<Shown> shown;
};

/// What may stand in `methods`: the methods of despeckle; "network_once", the network without averaging over
/// symmetries; and, told the true looks in any case, "log_<rival>" and "mulog_<rival>" of installed_rivals.
/// "mulog_<rival>" runs only when it is named.
std::vector<std::string> benchmark_methods();

/// Grey pictures of 0…255 are taken as intensities; f = u·n with Gamma speckle n of mean 1 and variance 1/L,
/// neither clipped nor rounded, is what the methods see, in float32. `speckled`: pictures with speckle made
/// elsewhere, named "L<looks>/<name of the clean one without its ending>" with any ending, instead of own
/// draws. Throws invalid_input for methods nobody knows, looks that are not positive, pictures beyond 0…255
/// or smaller than 16 pixels a side, and speckled pictures that are missing or of another size.
Benchmark benchmark(const io::ImageFolder& clean, const io::ImageFolder* speckled,
                    const BenchmarkOptions& options, const Context& context = {});

/// A row per method and looks: means over the pictures, of time the median; "noisy" first.
Table mean_scores(const Benchmark& benchmark);
/// A row per method, looks and picture.
Table all_scores(const Benchmark& benchmark);
/// A row per method, looks and background.
Table disc_scores(const Benchmark& benchmark);

}  // namespace sg::ultrasound
