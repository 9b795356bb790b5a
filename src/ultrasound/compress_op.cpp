#include "op/declare.h"
#include "ultrasound/echoes.h"
#include "ultrasound/operations.h"

namespace sg::ultrasound {
namespace {

enum class Law { logarithm, power };

struct Compress {
  Volume<float> amplitude;
  Law law = Law::logarithm;
  GreyLaw options;
  std::optional<double> white;
  Image picture;
};

void run(Compress& c, const Context& context) {
  c.options.logarithm = c.law == Law::logarithm;
  c.options.white = c.white;
  c.picture.voxels = compress(c.amplitude, c.options, context);
}

}  // namespace

op::Operation compress_operation() {
  const auto option = [](auto member) {
    return [member](Compress & c) -> auto& { return c.options.*member; };
  };
  return op::Declare<Compress>("ultrasound.compress", "Makes grey levels out of amplitudes, as scanners do.")
      .description(
          "The logarithm brings echoes that differ a thousandfold onto one display: amplitudes from white "
          "down to the dynamic range below it become grey 255 to 0. The power law is what some research "
          "scanners use instead: scale times amplitude to the power, at most 255.")
      .input(&Compress::amplitude, "amplitude", "of echoes, 0 or more; as ultrasound.envelope gives it")
      .modality("US")
      .param(&Compress::law, "law", "how grey follows from amplitude")
      .one_of({"logarithm", "power"})
      .param(option(&GreyLaw::dynamic_range), "dynamic_range", "logarithm: from black to white")
      .in(10, 150)
      .unit("dB")
      .param(&Compress::white, "white",
             "logarithm: level of an amplitude, against 1, that shows as 255; none: the 99.9th percentile")
      .in(-300, 300)
      .unit("dB")
      .param(option(&GreyLaw::scale), "scale", "power: grey of amplitude 1")
      .in(1e-6, 1e6)
      .unit("1")
      .param(option(&GreyLaw::power), "power", "power: exponent")
      .in(0.01, 2)
      .unit("1")
      .output(&Compress::picture, "picture", "8 bits, same grid")
      .cites("Szabo 2014, Diagnostic ultrasound imaging, 2nd ed., chapter 10")
      .example("--amplitude amplitude.nii.gz --dynamic_range 50 --picture picture.png",
               {"exists picture.png"})
      .run(run);
}

}  // namespace sg::ultrasound
