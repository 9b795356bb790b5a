#include <algorithm>

#include "op/declare.h"
#include "ultrasound/bmode.h"
#include "ultrasound/operations.h"
#include "ultrasound/phantom.h"

namespace sg::ultrasound {
namespace {

struct SimulateBmode {
  int size = 256;
  double spacing = 0.15;
  BMode scanner;
  bool convex = false;
  Volume<std::uint8_t> picture;
  std::optional<Volume<float>> intensity, echogenicity;
  std::optional<LabelMap> sector;
  std::optional<Image> echoes;
};

/// I and Q as recorders store them: samples along x, two channels; spacing in mm (of lines: at the face).
Volume<float> as_lines(const BModeFrame& frame) {
  Grid grid;
  grid.size = {frame.lines.samples, frame.lines.count, 1};
  grid.spacing = {frame.lines.step, frame.lines.gap(0), 1};
  Volume<float> echoes(grid, 2, OuterAxis::channel);
  for (std::int64_t c = 0; c < 2; ++c)
    for (std::int64_t line = 0; line < frame.lines.count; ++line)
      for (std::int64_t s = 0; s < frame.lines.samples; ++s)
        echoes.at(s, line, 0, c) = frame.echoes.at(line, s, 0, c);
  return echoes;
}

void run(SimulateBmode& s, const Context& context) {
  const Phantom phantom = tissue_phantom({s.size, s.size}, s.spacing, context.rng("phantom"));
  if (s.convex) s.scanner.probe_radius = 0.25 * s.size * s.spacing;
  BModeFrame frame = simulate_bmode(phantom.echogenicity, s.scanner, context.rng("speckle"), context);
  if (s.intensity) *s.intensity = std::move(frame.intensity);
  if (s.echogenicity) *s.echogenicity = std::move(frame.echogenicity);
  if (s.sector) s.sector->voxels = converted_to<std::int32_t>(AnyVolume(std::move(frame.sector)));
  if (s.echoes) s.echoes->voxels = as_lines(frame);
  s.picture = std::move(frame.picture);
}

}  // namespace

op::Operation simulate_bmode_operation() {
  const auto scanner = [](auto member) {
    return [member](SimulateBmode & s) -> auto& { return s.scanner.*member; };
  };
  return op::Declare<SimulateBmode>("ultrasound.simulate_bmode",
                                    "Simulates a B-mode ultrasound picture of a phantom.")
      .description(
          "A phantom drawn from the seed (skin, layers, cysts, wires, faint discs, an irregular "
          "lesion), looked at by a scanner: complex Gaussian scatterers, a separable point-spread "
          "function whose lateral width grows off the focus, envelope, log compression to 8 bits, "
          "optionally a convex sector. What was looked at is known, so that filters can be judged. "
          "Simulated, not measured.")
      .param(&SimulateBmode::size, "size", "of the picture, square")
      .in(64, 2048)
      .unit("px")
      .param(&SimulateBmode::spacing, "spacing", "of its pixels")
      .in(0.02, 2)
      .unit("mm")
      .param(scanner(&BMode::frequency), "frequency", "centre frequency")
      .in(1, 50)
      .unit("MHz")
      .param(scanner(&BMode::dynamic_range), "dynamic_range", "from black to white")
      .in(40, 70)
      .unit("dB")
      .param(scanner(&BMode::focus), "focus", "depth of the focus")
      .in(1, 200)
      .unit("mm")
      .param(&SimulateBmode::convex, "convex", "a convex probe, whose picture is a sector")
      .output(&SimulateBmode::picture, "picture", "as the scanner shows it")
      .output(&SimulateBmode::intensity, "intensity", "envelope squared, before compression")
      .output(&SimulateBmode::echogenicity, "echogenicity", "what was looked at: the mean intensity")
      .output(&SimulateBmode::sector, "sector", "1 where the scanner sees")
      .output(&SimulateBmode::echoes, "echoes",
              "I and Q of the scan lines as received, two channels, samples along x")
      .cites("Wagner et al. 1983, Statistics of speckle in ultrasound B-scans, doi:10.1109/T-SU.1983.31404")
      .example("--picture simulated.png --echogenicity truth.nii.gz",
               {"exists simulated.png", "exists truth.nii.gz"})
      .run(run);
}

}  // namespace sg::ultrasound
