#pragma once
#include "core/context.h"
#include "core/volume.h"
#include "model/library.h"

namespace sg::ultrasound {

/// Despeckling by a trained network (nn/despeckler.h) of an intensity image with Gamma speckle of `looks`
/// looks, slice by slice: û = mean·exp(network(ln f, √f, ln L)), f the slice over its mean. With `average`
/// the mean of the logarithms over the turned and mirrored slice, as far as the model's card names
/// symmetries: better by about a tenth of a decibel, and six times slower. A constant slice comes back as it
/// is. A network may paint structure that is not there: hold the ratio image against it. Throws invalid_input
/// for values that are negative or not finite, looks that are not positive, and models that do not take these
/// three inputs.
Volume<float> filter_by_network(const Volume<float>& intensity, double looks, const model::Model& model,
                                bool average = true, const Context& context = {});

}  // namespace sg::ultrasound
