#include "op/declare.h"
#include "ultrasound/echoes.h"
#include "ultrasound/operations.h"

namespace sg::ultrasound {
namespace {

struct Envelope {
  Image echoes;
  EchoLayout layout;
  Volume<float> amplitude;
};

}  // namespace

op::Operation envelope_operation() {
  const auto form = [](Envelope& e) -> EchoForm& { return e.layout.form; };
  const auto start = [](Envelope& e) -> EchoStart& { return e.layout.start; };
  return op::Declare<Envelope>("ultrasound.envelope", "Makes amplitudes out of received echoes.")
      .description(
          "Radio-frequency lines or their in-phase and quadrature parts (I/Q) become amplitudes, before "
          "any compression: the square root of I² + Q², or the modulus of the analytic signal by a Hilbert "
          "transform of each line. The lines, stored along x, become columns with the probe on top. This is "
          "where speckle is best removed (ultrasound.despeckle, domain amplitude): before compression and "
          "before scan conversion, which smooths it unevenly.")
      .input(&Envelope::echoes, "echoes", "lines along x, one below the other; one frame or many")
      .modality("US")
      .param(form, "form",
             "what the values are: radio frequency; I and Q as lines or samples by turns, or as channels; "
             "auto: as the file says")
      .one_of({"auto", "rf", "iq_lines", "iq_samples", "iq_channels"})
      .param(start, "start", "where a line's first sample lies; auto: as the file says, else at the probe")
      .one_of({"auto", "probe", "depth"})
      .output(&Envelope::amplitude, "amplitude", "columns are lines, rows are depths")
      .cites("Szabo 2014, Diagnostic ultrasound imaging, 2nd ed., chapter 10")
      .example("--echoes echoes.nii.gz --form iq_channels --amplitude envelope.nii.gz",
               {"exists envelope.nii.gz"})
      .run([](Envelope& e, const Context& context) { e.amplitude = envelope(e.echoes, e.layout, context); });
}

}  // namespace sg::ultrasound
