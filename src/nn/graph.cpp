#include "nn/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/rng.h"
#include "nn/excerpt.h"

namespace sg::nn {
namespace {

constexpr std::size_t most_layers = 10'000, most_outputs = 1000, longest_name = 200;
constexpr std::int64_t most_values = std::int64_t{1} << 48;  // of one result: its bytes can be counted

/// How many inputs a layer takes.
std::pair<std::size_t, std::size_t> arity(const Kind& kind) {
  if (std::holds_alternative<Input>(kind)) return {0, 0};
  if (std::holds_alternative<Concat>(kind)) return {1, 64};
  if (std::holds_alternative<Gru>(kind) || std::holds_alternative<Upsample>(kind)) return {1, 2};
  if (std::holds_alternative<Add>(kind) || std::holds_alternative<Multiply>(kind) ||
      std::holds_alternative<MatrixProduct>(kind) || std::holds_alternative<Warp>(kind))
    return {2, 2};
  return {1, 1};
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
}

[[noreturn]] void refuse(const std::string& name, std::string_view kind, std::string_view why) {
  const std::string shown = excerpt(name, longest_name);
  throw Error(ErrorCode::invalid_input, fmt::format("layer \"{}\" ({}): {}", shown, kind, why), shown);
}

std::vector<Shape> shapes_of(const std::vector<Value>& values, const auto& shape_of) {
  std::vector<Shape> all;
  for (const Value value : values) all.push_back(shape_of(value));
  return all;
}

std::string thousands(std::int64_t value) {
  std::string text = std::to_string(value);
  for (auto at = static_cast<std::int64_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

}  // namespace

Value Graph::input(std::string name, Shape shape) {
  return add(std::move(name), Input{std::move(shape)}, std::vector<Value>{});
}

Value Graph::add(std::string name, Kind kind, std::vector<Value> inputs) {
  const std::string_view called = kind_name(kind);
  if (!is_name(name))
    refuse(name, called, "expected a name of letters, digits, \"_\", \"-\" and \".\", at most 200 of them");
  if (places_.contains(name)) refuse(name, called, "the name is taken");
  if (layers_.size() == most_layers) refuse(name, called, fmt::format("more than {} layers", most_layers));
  const auto [least, most] = arity(kind);
  if (inputs.size() < least || inputs.size() > most)
    refuse(name, called,
           least == most ? fmt::format("{} inputs, expected {}", inputs.size(), least)
                         : fmt::format("{} inputs, expected {} to {}", inputs.size(), least, most));
  for (const Value value : inputs)
    if (value.layer < 0 || value.layer >= static_cast<int>(layers_.size()))
      refuse(name, called, "an input is no earlier layer");
  if (const Input* declared = std::get_if<Input>(&kind)) {
    if (declared->shape.empty() || declared->shape.size() > 8) refuse(name, called, "expected 1 to 8 axes");
    for (const std::int64_t size : declared->shape)
      if (size < -1 || size == 0)
        refuse(name, called, fmt::format("size {}, expected 1 or more, or -1", size));
  }
  try {
    const std::vector<Shape> from = shapes_of(inputs, [&](Value v) { return (*this)[v].shape; });
    Shape shape = output_shape(kind, from);
    std::vector<ParameterShape> learned = parameter_shapes(kind, from);
    for (const ParameterShape& parameter : learned)
      if (count(parameter.shape) > std::int64_t{1} << 31)
        refuse(name, called,
               fmt::format("{} of shape {} is too large", parameter.name, to_string(parameter.shape)));
    places_.emplace(name, static_cast<int>(layers_.size()));
    layers_.push_back(
        {std::move(name), std::move(kind), std::move(inputs), std::move(shape), std::move(learned)});
  } catch (const Error& e) {
    if (!e.field().empty()) throw;
    refuse(name, called, e.what());
  }
  return {static_cast<int>(layers_.size()) - 1};
}

void Graph::output(std::string name, Value value) {
  if (!is_name(name))
    refuse(name, "output", "expected a name of letters, digits, \"_\", \"-\" and \".\", at most 200 of them");
  if (outputs_.size() == most_outputs)
    refuse(name, "output", fmt::format("more than {} outputs", most_outputs));
  if (value.layer < 0 || value.layer >= static_cast<int>(layers_.size()))
    refuse(name, "output", "no such layer");
  for (const Output& other : outputs_)
    if (other.name == name) refuse(name, "output", "the name is taken");
  outputs_.push_back({std::move(name), value});
}

std::optional<Value> Graph::find(std::string_view name) const {
  const auto found = places_.find(name);
  return found == places_.end() ? std::nullopt : std::optional(Value{found->second});
}

std::vector<Value> Graph::inputs() const {
  std::vector<Value> all;
  for (std::size_t i = 0; i < layers_.size(); ++i)
    if (std::holds_alternative<Input>(layers_[i].kind)) all.push_back({static_cast<int>(i)});
  return all;
}

std::vector<Shape> shapes(const Graph& graph, std::span<const Shape> inputs) {
  std::vector<Shape> all;
  std::size_t next = 0;
  if (inputs.size() != graph.inputs().size())
    throw Error(ErrorCode::invalid_input,
                fmt::format("{} inputs, the network takes {}", inputs.size(), graph.inputs().size()));
  for (const Layer& layer : graph.layers()) {
    if (const Input* declared = std::get_if<Input>(&layer.kind)) {
      const Shape& given = inputs[next++];
      bool fits = given.size() == declared->shape.size();
      for (std::size_t a = 0; fits && a < given.size(); ++a)
        fits = given[a] > 0 && (declared->shape[a] < 0 || declared->shape[a] == given[a]);
      if (fits) fits = count(given) <= most_values;
      if (!fits)
        throw Error(ErrorCode::invalid_input,
                    fmt::format("input \"{}\" is {}, the network takes {}", layer.name, to_string(given),
                                to_string(declared->shape)),
                    layer.name);
      all.push_back(given);
      continue;
    }
    try {
      all.push_back(output_shape(layer.kind, shapes_of(layer.inputs, [&](Value v) {
                                   return all[static_cast<std::size_t>(v.layer)];
                                 })));
      if (count(all.back()) > most_values)
        refuse(layer.name, kind_name(layer.kind),
               fmt::format("the result would be {}, expected at most 2^48 values", to_string(all.back())));
    } catch (const Error& e) {
      if (!e.field().empty()) throw;
      refuse(layer.name, kind_name(layer.kind), e.what());
    }
  }
  return all;
}

std::vector<ParameterShape> parameters(const Graph& graph) {
  std::vector<ParameterShape> all;
  for (const Layer& layer : graph.layers())
    for (const ParameterShape& p : layer.parameters)
      all.push_back({layer.name + "." + p.name, p.shape, p.trained});
  return all;
}

std::int64_t parameter_count(const Graph& graph) {
  std::int64_t sum = 0;
  for (const Layer& layer : graph.layers())
    for (const ParameterShape& p : layer.parameters) sum += p.trained ? count(p.shape) : 0;
  return sum;
}

std::vector<std::pair<std::string, Tensor>> initial_weights(const Graph& graph, std::uint64_t seed) {
  std::vector<std::pair<std::string, Tensor>> all;
  const Rng root(seed);
  for (const Layer& layer : graph.layers()) {
    for (const ParameterShape& p : layer.parameters) {
      Rng rng = root.fork(all.size());
      Tensor tensor(p.shape);
      const auto fill = [&](auto&& draw) { std::generate_n(tensor.data(), tensor.size(), draw); };
      if (const Gru* gru = std::get_if<Gru>(&layer.kind)) {
        const double bound = 1 / std::sqrt(static_cast<double>(gru->features));
        fill([&] { return static_cast<float>(rng.uniform(-bound, bound)); });
      } else if (p.shape.size() > 1) {
        // A transposed convolution's value gathers about (kernel/stride) taps of every input channel.
        double fan_in = static_cast<double>(count(p.shape)) / static_cast<double>(p.shape[0]);
        if (const auto* up = std::get_if<TransposedConvolution>(&layer.kind)) {
          fan_in = static_cast<double>(p.shape[0]) / static_cast<double>(up->groups);
          for (std::size_t a = 0; a + 2 < p.shape.size(); ++a)
            fan_in *= static_cast<double>(up->kernel[a]) / static_cast<double>(up->stride[a]);
        }
        const double deviation = std::sqrt(2 / fan_in);
        fill([&] { return static_cast<float>(rng.normal() * deviation); });
      } else {
        const bool ones = p.name == "weight" || p.name == "running_var";
        const float value = std::holds_alternative<ParametricRelu>(layer.kind) ? 0.25F : ones ? 1.0F : 0.0F;
        fill([&] { return value; });
      }
      all.emplace_back(layer.name + "." + p.name, std::move(tensor));
    }
  }
  return all;
}

Summary summarize(const Graph& graph, std::span<const Shape> inputs) {
  const std::vector<Shape> all = shapes(graph, inputs);
  Summary summary;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Layer& layer = graph.layers()[i];
    const std::vector<Shape> from =
        shapes_of(layer.inputs, [&](Value v) { return all[static_cast<std::size_t>(v.layer)]; });
    Summary::Row row{layer.name, std::string(kind_name(layer.kind)), all[i]};
    for (const ParameterShape& p : layer.parameters) row.parameters += p.trained ? count(p.shape) : 0;
    try {
      row.multiply_adds = multiply_adds(layer.kind, from, all[i]);
    } catch (const Error& e) {
      refuse(layer.name, row.kind, e.what());
    }
    row.bytes = count(all[i]) * 4;
    summary.parameters += row.parameters;
    if (__builtin_add_overflow(summary.multiply_adds, row.multiply_adds, &summary.multiply_adds))
      refuse(layer.name, row.kind, "more multiply-adds than can be counted");
    summary.rows.push_back(std::move(row));
  }
  return summary;
}

std::string to_text(const Summary& summary) {
  std::size_t widest = 5, shape_width = 5;
  for (const Summary::Row& row : summary.rows) {
    widest = std::max(widest, row.name.size());
    shape_width = std::max(shape_width, to_string(row.shape).size());
  }
  const auto line = [&](std::string_view name, std::string_view kind, std::string_view shape,
                        std::string_view parameters, std::string_view work, std::string_view memory) {
    std::string text = fmt::format("{:<{}}  {:<22}  {:<{}}  {:>12}  {:>16}  {:>9}", name, widest, kind, shape,
                                   shape_width, parameters, work, memory);
    return text.substr(0, text.find_last_not_of(' ') + 1) + "\n";
  };
  std::string text = line("layer", "kind", "shape", "parameters", "multiply-adds", "MiB");
  for (const Summary::Row& row : summary.rows)
    text +=
        line(row.name, row.kind, to_string(row.shape), row.parameters > 0 ? thousands(row.parameters) : "",
             row.multiply_adds > 0 ? thousands(row.multiply_adds) : "",
             fmt::format("{:.1f}", static_cast<double>(row.bytes) / (1 << 20)));
  return text + line("sum", "", "", thousands(summary.parameters), thousands(summary.multiply_adds), "");
}

}  // namespace sg::nn
