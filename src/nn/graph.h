#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "nn/layers.h"

namespace sg::nn {

/// What a layer gives; made by Graph, a place in its list of layers.
struct Value {
  int layer = -1;
};

struct Layer {
  std::string name;
  Kind kind;
  std::vector<Value> inputs;
  Shape shape;  // −1 where it is known only when run
  std::vector<ParameterShape> parameters;
};

struct Output {
  std::string name;
  Value value;
};

/// A network as a list of named layers, each reading earlier ones: the one description that is trained, run,
/// printed and kept in model cards. Values are checked as layers are added.
///
///   Graph g;
///   Value x = g.input("image", {-1, 1, -1, -1});
///   x = g.add("enter", Convolution{.channels = 16}, x);
///   x = g.add("enter.relu", Activation{}, x);
///   g.output("edges", x);
class Graph {
 public:
  /// Shape [N,C,…], −1 for sizes known only when run; channels must be known where a layer's weights depend
  /// on them.
  Value input(std::string name, Shape shape);
  /// Throws invalid_input (field: the layer's name) for a name that is taken or has other characters than
  /// letters, digits, "_", "-", "." (at most 200), for a wrong number of inputs, for what output_shape
  /// refuses, for a parameter of more than 2^31 values and for more than 10,000 layers. Allocates no weights.
  Value add(std::string name, Kind kind, std::vector<Value> inputs);
  Value add(std::string name, Kind kind, Value input) {
    return add(std::move(name), std::move(kind), std::vector{input});
  }
  /// Throws invalid_input for a name that is taken or no name, for no layer of this graph and for more than
  /// 1000 outputs. Layers and outputs may share a name.
  void output(std::string name, Value value);

  const std::vector<Layer>& layers() const { return layers_; }
  const std::vector<Output>& outputs() const { return outputs_; }
  std::vector<Value> inputs() const;
  /// The layer of this name; none if there is no such.
  std::optional<Value> find(std::string_view name) const;
  const Layer& operator[](Value value) const { return layers_[static_cast<std::size_t>(value.layer)]; }

 private:
  std::vector<Layer> layers_;
  std::map<std::string, int, std::less<>> places_;
  std::vector<Output> outputs_;
};

/// The shape of every layer for these shapes of the inputs, in order. Throws invalid_input where they do not
/// fit the declared ones, a layer refuses them or gives more than 2^48 values.
std::vector<Shape> shapes(const Graph& graph, std::span<const Shape> inputs);

/// Every parameter as it is called in a weights file: "<layer>.<name>".
std::vector<ParameterShape> parameters(const Graph& graph);
std::int64_t parameter_count(const Graph& graph);

/// First weights: He's normal distribution for layers (fan in; He et al. 2015, arXiv:1502.01852), uniform
/// ±1/√features for GRU, 1 and 0 for norms, 0.25 for parametric ReLU. The same for the same seed, on every
/// machine.
std::vector<std::pair<std::string, Tensor>> initial_weights(const Graph& graph, std::uint64_t seed);

struct Summary {
  struct Row {
    std::string name, kind;
    Shape shape;
    std::int64_t parameters = 0, multiply_adds = 0, bytes = 0;  // bytes of the layer's output in float32
  };
  std::vector<Row> rows;
  std::int64_t parameters = 0, multiply_adds = 0;
};
/// Throws as shapes does, and for work that 64 bits cannot count.
Summary summarize(const Graph& graph, std::span<const Shape> inputs);
/// A table for people, one line a layer, sums below.
std::string to_text(const Summary& summary);

}  // namespace sg::nn
