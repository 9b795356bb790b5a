#include "nn/reference.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numbers>
#include <numeric>

namespace sg::nn {
namespace {

struct Values {
  Shape shape;
  std::vector<double> of;
  explicit Values(Shape s) : shape(std::move(s)), of(static_cast<std::size_t>(count(shape))) {}
  double& operator[](std::int64_t i) { return of[static_cast<std::size_t>(i)]; }
  double operator[](std::int64_t i) const { return of[static_cast<std::size_t>(i)]; }
};

/// A volume's sizes, 2-D as depth 1.
struct Box {
  std::int64_t n, c, size[3], volume;
  explicit Box(const Shape& s) : n(s[0]), c(s[1]), size{s.size() == 5 ? s[2] : 1, s[s.size() - 2], s.back()} {
    volume = size[0] * size[1] * size[2];
  }
  std::int64_t at(std::int64_t z, std::int64_t y, std::int64_t x) const {
    return (z * size[1] + y) * size[2] + x;
  }
};

/// An extent on (z,y,x); `flat` along z in 2-D.
std::array<std::int64_t, 3> triple(const Extent& extent, std::size_t axes, std::int64_t flat) {
  if (axes == 2) return {flat, extent[0], extent[1]};
  return {extent[0], extent[1], extent[2]};
}

void for_box(const Box& box, const std::function<void(std::int64_t, std::int64_t, std::int64_t)>& f) {
  for (std::int64_t z = 0; z < box.size[0]; ++z)
    for (std::int64_t y = 0; y < box.size[1]; ++y)
      for (std::int64_t x = 0; x < box.size[2]; ++x) f(z, y, x);
}

class Run {
 public:
  Run(const NamedTensors& weights) {
    for (const auto& [name, tensor] : weights) weights_[name] = &tensor;
  }
  void set(const Layer& layer, const std::vector<const Values*>& in, Values& out) {
    layer_ = &layer;
    own_.clear();
    std::visit([&](const auto& kind) { of(kind, in, out); }, layer.kind);
  }

 private:
  using In = const std::vector<const Values*>&;
  double w(std::string_view name, std::int64_t i) {
    auto found = std::find_if(own_.begin(), own_.end(), [&](const auto& one) { return one.first == name; });
    if (found == own_.end())
      found = own_.emplace(own_.end(), name, weights_.at(layer_->name + "." + std::string(name))->data());
    return static_cast<double>(found->second[i]);
  }

  void of(const Input&, In, Values&) {}

  void of(const Convolution& layer, In in, Values& out) {
    const Box from(in[0]->shape), to(out.shape);
    const std::size_t axes = out.shape.size() - 2;
    const auto k = triple(layer.kernel, axes, 1), s = triple(layer.stride, axes, 1),
               d = triple(layer.dilation, axes, 1), given = triple(layer.padding, axes, 0);
    std::int64_t pad[3];
    for (std::size_t a = 0; a < 3; ++a) pad[a] = given[a] == same ? d[a] * (k[a] - 1) / 2 : given[a];
    const std::int64_t inputs = from.c / layer.groups, outputs = to.c / layer.groups,
                       taps = k[0] * k[1] * k[2];
    for (std::int64_t n = 0; n < to.n; ++n)
      for (std::int64_t o = 0; o < to.c; ++o)
        for_box(to, [&](std::int64_t z, std::int64_t y, std::int64_t x) {
          double sum = layer.bias ? w("bias", o) : 0;
          for (std::int64_t i = 0; i < inputs; ++i)
            for (std::int64_t t = 0; t < taps; ++t) {
              const std::int64_t sz = z * s[0] - pad[0] + t / (k[1] * k[2]) * d[0];
              const std::int64_t sy = y * s[1] - pad[1] + t / k[2] % k[1] * d[1];
              const std::int64_t sx = x * s[2] - pad[2] + t % k[2] * d[2];
              if (sz < 0 || sy < 0 || sx < 0 || sz >= from.size[0] || sy >= from.size[1] ||
                  sx >= from.size[2])
                continue;
              const std::int64_t c = o / outputs * inputs + i;
              sum += w("weight", (o * inputs + i) * taps + t) *
                     (*in[0])[(n * from.c + c) * from.volume + from.at(sz, sy, sx)];
            }
          out[(n * to.c + o) * to.volume + to.at(z, y, x)] = sum;
        });
  }

  void of(const TransposedConvolution& layer, In in, Values& out) {
    const Box from(in[0]->shape), to(out.shape);
    const std::size_t axes = out.shape.size() - 2;
    const auto k = triple(layer.kernel, axes, 1), s = triple(layer.stride, axes, 1),
               p = triple(layer.padding, axes, 0);
    const std::int64_t inputs = from.c / layer.groups, outputs = to.c / layer.groups,
                       taps = k[0] * k[1] * k[2];
    for (std::int64_t i = 0; i < count(out.shape); ++i)
      out[i] = layer.bias ? w("bias", i / to.volume % to.c) : 0;
    for (std::int64_t n = 0; n < from.n; ++n)
      for (std::int64_t c = 0; c < from.c; ++c)
        for_box(from, [&](std::int64_t z, std::int64_t y, std::int64_t x) {
          const double value = (*in[0])[(n * from.c + c) * from.volume + from.at(z, y, x)];
          for (std::int64_t o = 0; o < outputs; ++o)
            for (std::int64_t t = 0; t < taps; ++t) {
              const std::int64_t tz = z * s[0] - p[0] + t / (k[1] * k[2]),
                                 ty = y * s[1] - p[1] + t / k[2] % k[1], tx = x * s[2] - p[2] + t % k[2];
              if (tz < 0 || ty < 0 || tx < 0 || tz >= to.size[0] || ty >= to.size[1] || tx >= to.size[2])
                continue;
              out[(n * to.c + c / inputs * outputs + o) * to.volume + to.at(tz, ty, tx)] +=
                  value * w("weight", (c * outputs + o) * taps + t);
            }
        });
  }

  void of(const Linear& layer, In in, Values& out) {
    const std::int64_t inputs = in[0]->shape.back();
    for (std::int64_t i = 0; i < count(out.shape); ++i) {
      const std::int64_t row = i / layer.features, f = i % layer.features;
      double sum = layer.bias ? w("bias", f) : 0;
      for (std::int64_t k = 0; k < inputs; ++k)
        sum += w("weight", f * inputs + k) * (*in[0])[row * inputs + k];
      out[i] = sum;
    }
  }

  static double logistic(double x) { return 1 / (1 + std::exp(-x)); }

  void of(const Gru& layer, In in, Values& out) {
    const std::int64_t n_count = out.shape[0], times = out.shape[1], inputs = in[0]->shape[2],
                       f_count = layer.features;
    const std::int64_t directions = layer.bidirectional ? 2 : 1;
    for (std::int64_t direction = 0; direction < directions; ++direction) {
      const std::string suffix = direction == 1 ? "_reverse" : "";
      const std::string wi = "weight_ih_l0" + suffix, wh = "weight_hh_l0" + suffix,
                        bi = "bias_ih_l0" + suffix, bh = "bias_hh_l0" + suffix;
      for (std::int64_t n = 0; n < n_count; ++n) {
        std::vector<double> h(static_cast<std::size_t>(f_count));
        if (in.size() == 2)
          for (std::int64_t f = 0; f < f_count; ++f)
            h[static_cast<std::size_t>(f)] = (*in[1])[(direction * n_count + n) * f_count + f];
        for (std::int64_t step = 0; step < times; ++step) {
          const std::int64_t t = direction == 1 ? times - 1 - step : step;
          std::vector<double> next(h.size());
          for (std::int64_t f = 0; f < f_count; ++f) {
            double x_part[3], h_part[3];
            for (std::int64_t gate = 0; gate < 3; ++gate) {
              const std::int64_t row = gate * f_count + f;
              x_part[gate] = w(bi, row);
              h_part[gate] = w(bh, row);
              for (std::int64_t i = 0; i < inputs; ++i)
                x_part[gate] += w(wi, row * inputs + i) * (*in[0])[(n * times + t) * inputs + i];
              for (std::int64_t i = 0; i < f_count; ++i)
                h_part[gate] += w(wh, row * f_count + i) * h[static_cast<std::size_t>(i)];
            }
            const double r = logistic(x_part[0] + h_part[0]), z = logistic(x_part[1] + h_part[1]);
            const double candidate = std::tanh(x_part[2] + r * h_part[2]);
            next[static_cast<std::size_t>(f)] = (1 - z) * candidate + z * h[static_cast<std::size_t>(f)];
          }
          h = next;
          for (std::int64_t f = 0; f < f_count; ++f)
            out[(n * times + t) * f_count * directions + direction * f_count + f] =
                h[static_cast<std::size_t>(f)];
        }
      }
    }
  }

  /// Each run of `length` values to mean 0 and variance 1.
  static void standardise(const Values& in, Values& out, std::int64_t length, double epsilon) {
    for (std::int64_t from = 0; from < count(in.shape); from += length) {
      double mean = 0, variance = 0;
      for (std::int64_t i = 0; i < length; ++i) mean += in[from + i] / static_cast<double>(length);
      for (std::int64_t i = 0; i < length; ++i)
        variance += (in[from + i] - mean) * (in[from + i] - mean) / static_cast<double>(length);
      for (std::int64_t i = 0; i < length; ++i)
        out[from + i] = (in[from + i] - mean) / std::sqrt(variance + epsilon);
    }
  }

  static std::int64_t volume_of(const Shape& shape) {
    return std::accumulate(shape.begin() + 2, shape.end(), std::int64_t{1}, std::multiplies<>());
  }

  void scale_channels(Values& out) {
    const std::int64_t volume = volume_of(out.shape);
    for (std::int64_t i = 0; i < count(out.shape); ++i) {
      const std::int64_t c = i / volume % out.shape[1];
      out[i] = out[i] * w("weight", c) + w("bias", c);
    }
  }

  void of(const InstanceNorm& layer, In in, Values& out) {
    standardise(*in[0], out, volume_of(out.shape), layer.epsilon);
    scale_channels(out);
  }

  void of(const GroupNorm& layer, In in, Values& out) {
    standardise(*in[0], out, volume_of(out.shape) * out.shape[1] / layer.groups, layer.epsilon);
    scale_channels(out);
  }

  void of(const BatchNorm& layer, In in, Values& out) {
    const std::int64_t volume = volume_of(out.shape);
    for (std::int64_t i = 0; i < count(out.shape); ++i) {
      const std::int64_t c = i / volume % out.shape[1];
      out[i] = ((*in[0])[i] - w("running_mean", c)) / std::sqrt(w("running_var", c) + layer.epsilon);
    }
    scale_channels(out);
  }

  void of(const LayerNorm& layer, In in, Values& out) {
    const std::int64_t length = out.shape.back();
    standardise(*in[0], out, length, layer.epsilon);
    for (std::int64_t i = 0; i < count(out.shape); ++i)
      out[i] = out[i] * w("weight", i % length) + w("bias", i % length);
  }

  void of(const Activation& layer, In in, Values& out) {
    for (std::int64_t i = 0; i < count(out.shape); ++i) {
      const double x = (*in[0])[i];
      switch (layer.function) {
        case Function::relu: out[i] = std::max(x, 0.0); break;
        case Function::leaky_relu: out[i] = x > 0 ? x : layer.slope * x; break;
        case Function::elu: out[i] = x > 0 ? x : layer.slope * std::expm1(x); break;
        case Function::silu: out[i] = x * logistic(x); break;
        case Function::gelu: out[i] = x * (1 + std::erf(x / std::numbers::sqrt2)) / 2; break;
        case Function::sigmoid: out[i] = logistic(x); break;
        case Function::tanh: out[i] = std::tanh(x); break;
      }
    }
  }

  void of(const ParametricRelu&, In in, Values& out) {
    const std::int64_t volume = volume_of(out.shape);
    for (std::int64_t i = 0; i < count(out.shape); ++i) {
      const double x = (*in[0])[i];
      out[i] = x > 0 ? x : x * w("weight", i / volume % out.shape[1]);
    }
  }

  void of(const Softmax& layer, In in, Values& out) {
    const auto axes = static_cast<std::int64_t>(out.shape.size());
    const auto axis = static_cast<std::size_t>(layer.axis < 0 ? layer.axis + axes : layer.axis);
    std::int64_t stride = 1;
    for (std::size_t a = axis + 1; a < out.shape.size(); ++a) stride *= out.shape[a];
    for (std::int64_t i = 0; i < count(out.shape); ++i) {
      if (i / stride % out.shape[axis] != 0) continue;
      double largest = -std::numeric_limits<double>::infinity(), sum = 0;
      for (std::int64_t k = 0; k < out.shape[axis]; ++k)
        largest = std::max(largest, (*in[0])[i + k * stride]);
      for (std::int64_t k = 0; k < out.shape[axis]; ++k) sum += std::exp((*in[0])[i + k * stride] - largest);
      for (std::int64_t k = 0; k < out.shape[axis]; ++k)
        out[i + k * stride] = std::exp((*in[0])[i + k * stride] - largest) / sum;
    }
  }

  void of(const Pool& layer, In in, Values& out) {
    const Box from(in[0]->shape), to(out.shape);
    const std::size_t axes = out.shape.size() - 2;
    const auto k = triple(layer.kernel, axes, 1), s = triple(layer.stride, axes, 1),
               p = triple(layer.padding, axes, 0);
    const std::int64_t taps = k[0] * k[1] * k[2];
    for (std::int64_t map = 0; map < to.n * to.c; ++map)
      for_box(to, [&](std::int64_t z, std::int64_t y, std::int64_t x) {
        double largest = -std::numeric_limits<double>::infinity(), sum = 0;
        for (std::int64_t t = 0; t < taps; ++t) {
          const std::int64_t sz = z * s[0] - p[0] + t / (k[1] * k[2]), sy = y * s[1] - p[1] + t / k[2] % k[1],
                             sx = x * s[2] - p[2] + t % k[2];
          if (sz < 0 || sy < 0 || sx < 0 || sz >= from.size[0] || sy >= from.size[1] || sx >= from.size[2])
            continue;
          const double value = (*in[0])[map * from.volume + from.at(sz, sy, sx)];
          largest = std::max(largest, value);
          sum += value;
        }
        out[map * to.volume + to.at(z, y, x)] =
            layer.reduce == Reduce::maximum ? largest : sum / static_cast<double>(taps);
      });
  }

  void of(const GlobalAverage&, In in, Values& out) {
    const std::int64_t volume = volume_of(in[0]->shape);
    for (std::int64_t i = 0; i < count(in[0]->shape); ++i)
      out[i / volume] += (*in[0])[i] / static_cast<double>(volume);
  }

  void of(const Upsample& layer, In in, Values& out) {
    const Box from(in[0]->shape), to(out.shape);
    for (std::int64_t map = 0; map < to.n * to.c; ++map)
      for_box(to, [&](std::int64_t z, std::int64_t y, std::int64_t x) {
        const std::int64_t at[3] = {z, y, x};
        std::int64_t low[3], high[3];
        double part[3];
        for (int a = 0; a < 3; ++a) {
          const double scale = static_cast<double>(from.size[a]) / static_cast<double>(to.size[a]);
          const double centre = (static_cast<double>(at[a]) + 0.5) * scale;
          const auto last = static_cast<double>(from.size[a] - 1);
          if (layer.interpolation == Interpolation::nearest) {
            // In whole numbers, since centres often fall between two pixels exactly.
            low[a] = high[a] = std::min(from.size[a] - 1, (2 * at[a] + 1) * from.size[a] / (2 * to.size[a]));
            part[a] = 0;
          } else {
            const double place = std::clamp(centre - 0.5, 0.0, last);
            low[a] = static_cast<std::int64_t>(place);
            high[a] = std::min(low[a] + 1, from.size[a] - 1);
            part[a] = place - static_cast<double>(low[a]);
          }
        }
        double sum = 0;
        for (int corner = 0; corner < 8; ++corner) {
          double weight = 1;
          std::int64_t place[3];
          for (int a = 0; a < 3; ++a) {
            const bool upper = (corner >> a & 1) != 0;
            weight *= upper ? part[a] : 1 - part[a];
            place[a] = upper ? high[a] : low[a];
          }
          sum += weight * (*in[0])[map * from.volume + from.at(place[0], place[1], place[2])];
        }
        out[map * to.volume + to.at(z, y, x)] = sum;
      });
  }

  void of(const Warp& layer, In in, Values& out) {
    const Box box(out.shape);
    const auto axes = static_cast<int>(out.shape.size()) - 2;
    for (std::int64_t n = 0; n < box.n; ++n)
      for (std::int64_t c = 0; c < box.c; ++c)
        for_box(box, [&](std::int64_t z, std::int64_t y, std::int64_t x) {
          const std::int64_t here = box.at(z, y, x);
          double place[3] = {static_cast<double>(z), static_cast<double>(y), static_cast<double>(x)};
          for (int a = 0; a < axes; ++a) place[2 - a] += (*in[1])[(n * axes + a) * box.volume + here];
          double sum = 0;
          for (int corner = 0; corner < 8; ++corner) {
            double weight = 1;
            std::int64_t at[3];
            for (int a = 0; a < 3; ++a) {
              double p = place[a];
              if (layer.border == Border::edge) p = std::clamp(p, 0.0, static_cast<double>(box.size[a] - 1));
              if (layer.interpolation == Interpolation::nearest) p = std::floor(p + 0.5);
              const double low = std::floor(p);
              const bool upper = (corner >> a & 1) != 0;
              weight *= upper ? p - low : 1 - (p - low);
              at[a] = static_cast<std::int64_t>(low) + (upper ? 1 : 0);
              if (at[a] < 0 || at[a] >= box.size[a]) weight = 0;
            }
            if (weight != 0)
              sum += weight * (*in[0])[(n * box.c + c) * box.volume + box.at(at[0], at[1], at[2])];
          }
          out[(n * box.c + c) * box.volume + here] = sum;
        });
  }

  /// Calls f(index of every value of `shape`, its places along the axes).
  static void for_values(const Shape& shape, const std::function<void(std::int64_t, const Shape&)>& f) {
    Shape at(shape.size(), 0);
    for (std::int64_t i = 0; i < count(shape); ++i) {
      f(i, at);
      for (std::size_t a = shape.size(); a-- > 0 && ++at[a] == shape[a];) at[a] = 0;
    }
  }

  static std::int64_t index_of(const Shape& shape, const Shape& at) {
    std::int64_t index = 0;
    for (std::size_t a = 0; a < shape.size(); ++a) index = index * shape[a] + (shape[a] == 1 ? 0 : at[a]);
    return index;
  }

  void of(const Concat& layer, In in, Values& out) {
    const auto axes = static_cast<std::int64_t>(out.shape.size());
    const auto axis = static_cast<std::size_t>(layer.axis < 0 ? layer.axis + axes : layer.axis);
    for_values(out.shape, [&](std::int64_t i, const Shape& at) {
      Shape place = at;
      std::size_t which = 0;
      while (place[axis] >= in[which]->shape[axis]) place[axis] -= in[which++]->shape[axis];
      out[i] = (*in[which])[index_of(in[which]->shape, place)];
    });
  }
  void of(const Add&, In in, Values& out) {
    for_values(out.shape, [&](std::int64_t i, const Shape& at) {
      out[i] = (*in[0])[index_of(in[0]->shape, at)] + (*in[1])[index_of(in[1]->shape, at)];
    });
  }
  void of(const Multiply&, In in, Values& out) {
    for_values(out.shape, [&](std::int64_t i, const Shape& at) {
      out[i] = (*in[0])[index_of(in[0]->shape, at)] * (*in[1])[index_of(in[1]->shape, at)];
    });
  }
  void of(const Slice& layer, In in, Values& out) {
    const auto axes = static_cast<std::int64_t>(out.shape.size());
    const auto axis = static_cast<std::size_t>(layer.axis < 0 ? layer.axis + axes : layer.axis);
    for_values(out.shape, [&](std::int64_t i, const Shape& at) {
      Shape place = at;
      place[axis] += layer.begin < 0 ? layer.begin + in[0]->shape[axis] : layer.begin;
      out[i] = (*in[0])[index_of(in[0]->shape, place)];
    });
  }
  void of(const MatrixProduct& layer, In in, Values& out) {
    for_values(out.shape, [&](std::int64_t i, const Shape& at) {
      double sum = 0;
      const std::size_t last = at.size() - 1;
      for (std::int64_t k = 0; k < in[0]->shape[last]; ++k) {
        Shape a = at, b = at;
        a[last] = k;
        b[layer.transpose ? last : last - 1] = k;
        b[layer.transpose ? last - 1 : last] = at[last];
        sum += (*in[0])[index_of(in[0]->shape, a)] * (*in[1])[index_of(in[1]->shape, b)];
      }
      out[i] = sum * layer.scale;
    });
  }
  void of(const Reshape&, In in, Values& out) { out.of = in[0]->of; }
  void of(const Permute& layer, In in, Values& out) {
    for_values(out.shape, [&](std::int64_t i, const Shape& at) {
      Shape place(at.size());
      for (std::size_t a = 0; a < at.size(); ++a) place[static_cast<std::size_t>(layer.order[a])] = at[a];
      out[i] = (*in[0])[index_of(in[0]->shape, place)];
    });
  }

  std::map<std::string, const Tensor*> weights_;
  const Layer* layer_ = nullptr;
  std::vector<std::pair<std::string, const float*>> own_;  // the layer's weights that were asked for
};

}  // namespace

std::vector<Tensor> run_reference(const Graph& graph, const NamedTensors& weights,
                                  const std::vector<const Tensor*>& inputs) {
  std::vector<Shape> given;
  for (const Tensor* input : inputs) given.push_back(input->shape);
  const std::vector<Shape> all = shapes(graph, given);
  check_weights(graph, weights);
  Run run(weights);
  std::vector<Values> values;
  std::size_t next = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Layer& layer = graph.layers()[i];
    values.emplace_back(all[i]);
    if (std::holds_alternative<Input>(layer.kind)) {
      std::copy_n(inputs[next]->data(), inputs[next]->size(), values.back().of.begin());
      ++next;
      continue;
    }
    std::vector<const Values*> from;
    for (const Value value : layer.inputs) from.push_back(&values[static_cast<std::size_t>(value.layer)]);
    run.set(layer, from, values.back());
  }
  std::vector<Tensor> outputs;
  for (const Output& output : graph.outputs()) {
    const Values& value = values[static_cast<std::size_t>(output.value.layer)];
    Tensor tensor(value.shape);
    for (std::int64_t i = 0; i < tensor.size(); ++i) tensor.data()[i] = static_cast<float>(value[i]);
    outputs.push_back(std::move(tensor));
  }
  return outputs;
}

}  // namespace sg::nn
