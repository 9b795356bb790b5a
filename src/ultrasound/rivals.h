#pragma once
#include <string>
#include <vector>

#include "ultrasound/mulog.h"

/// Denoisers of others, run as programs on files where they are installed; nothing of them is linked. They
/// take Gaussian noise away, so log_domain and mulog make despecklers of them.
namespace sg::ultrasound {

struct Rival {
  std::string name;     // "bm3d"
  std::string program;  // found on the PATH
  std::string about;    // what it is, for reports
};

/// Those whose program is on the PATH. bm3d: block matching and 3-D filtering, the program of Lebrun 2012
/// (doi:10.5201/ipol.2012.l-bm3d), called as `bm3d IN SIGMA OUT`.
std::vector<Rival> installed_rivals();

/// The rival as a denoiser: the image is scaled to 0…255 by its own smallest and largest value, sigma with
/// it, and goes through TIFF files of float32 in a folder of its own. Throws resource where the program
/// cannot be started or fails, internal where it leaves another size. `context` can stop it.
GaussianDenoiser denoiser_of(const Rival& rival, const Context& context = {});

}  // namespace sg::ultrasound
