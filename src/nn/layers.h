#pragma once
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "nn/tensor.h"

namespace sg::nn {

/// One number for every spatial axis, or one for each, slowest first: (D,H,W) or (H,W).
class Extent {
 public:
  Extent(std::int64_t all) : sizes_{all} {}  // NOLINT: a plain number is meant to be enough
  Extent(std::initializer_list<std::int64_t> each) : sizes_(each) {}
  explicit Extent(std::vector<std::int64_t> each) : sizes_(std::move(each)) {}
  std::int64_t operator[](std::size_t axis) const { return sizes_.size() == 1 ? sizes_[0] : sizes_[axis]; }
  const std::vector<std::int64_t>& sizes() const { return sizes_; }
  bool operator==(const Extent&) const = default;

 private:
  std::vector<std::int64_t> sizes_;
};

/// As padding: dilation·(kernel−1)/2 on both sides, which keeps the size where stride is 1 and kernel odd.
inline constexpr std::int64_t same = -1;
/// As the end of a slice: all that is left.
inline constexpr std::int64_t to_end = INT64_MAX;

enum class Function { relu, leaky_relu, elu, silu, gelu, sigmoid, tanh };
enum class Reduce { maximum, average };
enum class Interpolation { nearest, linear };
enum class Border { zeros, edge };

// The layers. Each is a plain description; `fields` names its members for files and tables. Parameters are
// named and laid out as PyTorch's modules do, so that weights trained elsewhere fit: "<layer>.weight",
// "<layer>.bias", … x is the input, C its channels (axis 1), I and O input and output channels, spatial axes
// follow.

/// An input of the network. Shape as declared; −1 where it is known only when run.
struct Input {
  static constexpr std::string_view kind = "input";
  Shape shape;
  static void fields(auto& s, auto&& f) { f("shape", s.shape); }
};

/// y[o] = bias[o] + Σ weight[o,i,k]·x[i, stride·p + dilation·k − padding]; 2-D and 3-D, zeros outside.
/// weight [O, I/groups, kernel…], bias [O].
struct Convolution {
  static constexpr std::string_view kind = "convolution";
  std::int64_t channels = 0;
  Extent kernel = 3, stride = 1, dilation = 1, padding = same;
  std::int64_t groups = 1;
  bool bias = true;
  static void fields(auto& s, auto&& f) {
    f("channels", s.channels), f("kernel", s.kernel), f("stride", s.stride), f("dilation", s.dilation);
    f("padding", s.padding), f("groups", s.groups), f("bias", s.bias);
  }
};

/// The transpose of a strided convolution: size (n−1)·stride − 2·padding + kernel + output_padding.
/// weight [I, O/groups, kernel…], bias [O].
struct TransposedConvolution {
  static constexpr std::string_view kind = "transposed_convolution";
  std::int64_t channels = 0;
  Extent kernel = 2, stride = 2, padding = 0, output_padding = 0;
  std::int64_t groups = 1;
  bool bias = true;
  static void fields(auto& s, auto&& f) {
    f("channels", s.channels), f("kernel", s.kernel), f("stride", s.stride), f("padding", s.padding);
    f("output_padding", s.output_padding), f("groups", s.groups), f("bias", s.bias);
  }
};

/// y = x·weightᵀ + bias over the last axis. weight [features, I], bias [features].
struct Linear {
  static constexpr std::string_view kind = "linear";
  std::int64_t features = 0;
  bool bias = true;
  static void fields(auto& s, auto&& f) { f("features", s.features), f("bias", s.bias); }
};

/// Gated recurrent unit (Cho et al. 2014, doi:10.3115/v1/D14-1179; reset after the product, as cuDNN and
/// PyTorch): r = σ(W_ir x + b_ir + W_hr h + b_hr), z alike, n = tanh(W_in x + b_in + r·(W_hn h + b_hn)), h' =
/// (1−z)·n + z·h. [N,T,I] → [N,T,features], both directions joined on the last axis. A second input
/// [directions,N,features] is the first state, else zeros. weight_ih_l0 [3F,I], weight_hh_l0 [3F,F],
/// bias_ih_l0, bias_hh_l0 [3F] (r, z, n); backwards the same with _reverse.
struct Gru {
  static constexpr std::string_view kind = "gru";
  std::int64_t features = 0;
  bool bidirectional = false;
  static void fields(auto& s, auto&& f) { f("features", s.features), f("bidirectional", s.bidirectional); }
};

/// (x − mean)/√(variance + ε)·weight + bias over each sample's and channel's own positions. weight, bias [C].
struct InstanceNorm {
  static constexpr std::string_view kind = "instance_norm";
  double epsilon = 1e-5;
  static void fields(auto& s, auto&& f) { f("epsilon", s.epsilon); }
};

/// The same with the mean and variance met in training: a scale and a shift of each channel.
/// weight, bias, running_mean, running_var [C].
struct BatchNorm {
  static constexpr std::string_view kind = "batch_norm";
  double epsilon = 1e-5;
  static void fields(auto& s, auto&& f) { f("epsilon", s.epsilon); }
};

/// As InstanceNorm over groups of neighbouring channels (Wu & He 2018, arXiv:1803.08494). weight, bias [C].
struct GroupNorm {
  static constexpr std::string_view kind = "group_norm";
  std::int64_t groups = 1;
  double epsilon = 1e-5;
  static void fields(auto& s, auto&& f) { f("groups", s.groups), f("epsilon", s.epsilon); }
};

/// As InstanceNorm over the last axis at each place. weight, bias [size of the last axis].
struct LayerNorm {
  static constexpr std::string_view kind = "layer_norm";
  double epsilon = 1e-5;
  static void fields(auto& s, auto&& f) { f("epsilon", s.epsilon); }
};

/// relu max(x,0) · leaky_relu x>0 ? x : slope·x · elu x>0 ? x : slope·(eˣ−1) · silu x·σ(x) ·
/// gelu x·Φ(x), Φ by the error function · sigmoid σ(x) · tanh.
struct Activation {
  static constexpr std::string_view kind = "activation";
  Function function = Function::relu;
  double slope = 0.01;
  static void fields(auto& s, auto&& f) { f("function", s.function), f("slope", s.slope); }
};

/// x>0 ? x : weight[c]·x. weight [C].
struct ParametricRelu {
  static constexpr std::string_view kind = "parametric_relu";
  static void fields(auto&, auto&&) {}
};

/// eˣ/Σeˣ along an axis (negative counts from the end).
struct Softmax {
  static constexpr std::string_view kind = "softmax";
  std::int64_t axis = 1;
  static void fields(auto& s, auto&& f) { f("axis", s.axis); }
};

/// Largest or mean value of each window; windows at most half outside. An average counts the padding's zeros.
struct Pool {
  static constexpr std::string_view kind = "pool";
  Reduce reduce = Reduce::maximum;
  Extent kernel = 2, stride = 2, padding = 0;
  static void fields(auto& s, auto&& f) {
    f("reduce", s.reduce), f("kernel", s.kernel), f("stride", s.stride), f("padding", s.padding);
  }
};

/// Mean over all positions: [N,C,…] → [N,C,1,…].
struct GlobalAverage {
  static constexpr std::string_view kind = "global_average";
  static void fields(auto&, auto&&) {}
};

/// Larger by whole factors, or, with a second input, as large as that one. Pixel centres at i+½, edges
/// repeated.
struct Upsample {
  static constexpr std::string_view kind = "upsample";
  Interpolation interpolation = Interpolation::nearest;
  Extent factor = 2;
  static void fields(auto& s, auto&& f) { f("interpolation", s.interpolation), f("factor", s.factor); }
};

/// Inputs one behind the other along an axis.
struct Concat {
  static constexpr std::string_view kind = "concat";
  std::int64_t axis = 1;
  static void fields(auto& s, auto&& f) { f("axis", s.axis); }
};

/// a + b; an axis of size 1 is repeated.
struct Add {
  static constexpr std::string_view kind = "add";
  static void fields(auto&, auto&&) {}
};

/// a·b, value by value; an axis of size 1 is repeated.
struct Multiply {
  static constexpr std::string_view kind = "multiply";
  static void fields(auto&, auto&&) {}
};

/// begin…end−1 along an axis; negative numbers count from the end.
struct Slice {
  static constexpr std::string_view kind = "slice";
  std::int64_t axis = 1, begin = 0, end = to_end;
  static void fields(auto& s, auto&& f) { f("axis", s.axis), f("begin", s.begin), f("end", s.end); }
};

/// scale·a·b of the last two axes, [...,M,K]·[...,K,N] (b as [...,N,K] with transpose); the others must
/// agree.
struct MatrixProduct {
  static constexpr std::string_view kind = "matrix_product";
  bool transpose = false;
  double scale = 1;
  static void fields(auto& s, auto&& f) { f("transpose", s.transpose), f("scale", s.scale); }
};

/// The same values in another shape; 0 keeps the axis of that place, one −1 takes what is left.
struct Reshape {
  static constexpr std::string_view kind = "reshape";
  Shape shape;
  static void fields(auto& s, auto&& f) { f("shape", s.shape); }
};

/// Axes in another order: y's axis i is x's axis order[i].
struct Permute {
  static constexpr std::string_view kind = "permute";
  Shape order;
  static void fields(auto& s, auto&& f) { f("order", s.order); }
};

/// y(p) = x(p + u(p)): the first input read where the second points, u [N,2 or 3,…] in voxels along x, y, z
/// (channel 0 is the last axis). Outside: zeros beyond one voxel, fading to it, or the edge's value.
struct Warp {
  static constexpr std::string_view kind = "warp";
  Interpolation interpolation = Interpolation::linear;
  Border border = Border::zeros;
  static void fields(auto& s, auto&& f) { f("interpolation", s.interpolation), f("border", s.border); }
};

using Kind = std::variant<Input, Convolution, TransposedConvolution, Linear, Gru, InstanceNorm, BatchNorm,
                          GroupNorm, LayerNorm, Activation, ParametricRelu, Softmax, Pool, GlobalAverage,
                          Upsample, Concat, Add, Multiply, Slice, MatrixProduct, Reshape, Permute, Warp>;

/// "convolution", "gru", …
std::string_view kind_name(const Kind& kind);

/// A trained tensor of a layer: its name within the layer and its shape.
struct ParameterShape {
  std::string name;
  Shape shape;
  bool trained = true;  // false for what training only observes: running_mean, running_var
};

/// The shape a layer gives for these inputs; −1 where an input's size is not known. Throws invalid_input
/// naming the member at fault and what was expected of it.
Shape output_shape(const Kind& kind, std::span<const Shape> inputs);
std::vector<ParameterShape> parameter_shapes(const Kind& kind, std::span<const Shape> inputs);
/// Multiply-adds of one run; shapes must be known. Copies, comparisons and activations count as 0.
std::int64_t multiply_adds(const Kind& kind, std::span<const Shape> inputs, const Shape& output);

std::string_view name(Function function);
std::string_view name(Reduce reduce);
std::string_view name(Interpolation interpolation);
std::string_view name(Border border);

}  // namespace sg::nn
