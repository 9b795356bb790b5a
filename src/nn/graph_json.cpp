#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "nn/card.h"
#include "nn/json_reader.h"

namespace sg::nn {

using detail::Json;
using detail::JsonReader;

namespace detail {

namespace {

/// Hears the parser and keeps nothing but the names of the objects it is in: what is refused here never
/// becomes a tree. (The tree looks its members up one by one; many in one object would take quadratic time.)
class Examiner : public Json::json_sax_t {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }

  bool start_object(std::size_t) override { return enter(); }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t) override { return enter(); }
  bool end_array() override { return leave(); }
  bool key(string_t& name) override {
    std::vector<std::string>& names = open_.back();
    if (std::find(names.begin(), names.end(), name) != names.end())
      JsonReader::refuse("", fmt::format("has the member \"{}\" twice in one object", excerpt(name)));
    if (names.size() == most_members)
      JsonReader::refuse("", fmt::format("has an object with more than {} members", most_members));
    names.push_back(name);
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const Json::exception& e) override {
    std::string_view why = e.what();  // "[json.exception…] parse error at line 1, column 2: …; last read: …"
    why.remove_prefix(std::min(why.size(), why.find("] ") + 2));
    JsonReader::refuse("",
                       fmt::format("is no JSON: {}", excerpt(why.substr(0, why.find("; last read")), 160)));
  }

 private:
  static constexpr std::size_t deepest = 64, most_members = 100;

  bool enter() {
    if (open_.size() == deepest) JsonReader::refuse("", fmt::format("nests deeper than {} levels", deepest));
    open_.emplace_back();
    return true;
  }
  bool leave() {
    open_.pop_back();
    return true;
  }
  std::vector<std::vector<std::string>> open_;  // names so far of each object around; lists have none
};

}  // namespace

Json parse(std::string_view text) {
  if (text.size() > largest_text)
    JsonReader::refuse("", fmt::format("has {} bytes, expected at most 4 MiB", text.size()));
  Examiner examiner;
  Json::sax_parse(text, &examiner);
  return Json::parse(text);
}

}  // namespace detail

namespace {

Json written(const Extent& extent) {
  return extent.sizes().size() == 1 ? Json(extent.sizes()[0]) : Json(extent.sizes());
}
template <class T>
Json written(const T& value) {
  if constexpr (std::is_enum_v<T>)
    return name(value);
  else
    return value;
}

void read(const JsonReader& json, Extent& extent) {
  if (json.is_number()) {
    std::int64_t all = 0;
    json.get(all);
    extent = all;
    return;
  }
  std::vector<std::int64_t> each;
  json.get(each);
  if (each.empty()) json.expected("a whole number or a list of them");
  extent = Extent(std::move(each));
}

template <class T, std::size_t count>
void read_name(const JsonReader& json, T& value, const std::array<T, count>& choices) {
  const std::string text = json.text();
  std::string all;
  for (const T choice : choices) {
    if (text == name(choice)) {
      value = choice;
      return;
    }
    all += (all.empty() ? "" : ", ") + std::string(name(choice));
  }
  json.expected("one of " + all);
}

void read(const JsonReader& json, Function& value) {
  using enum Function;
  read_name(json, value, std::array{relu, leaky_relu, elu, silu, gelu, sigmoid, tanh});
}
void read(const JsonReader& json, Reduce& value) {
  read_name(json, value, std::array{Reduce::maximum, Reduce::average});
}
void read(const JsonReader& json, Interpolation& value) {
  read_name(json, value, std::array{Interpolation::nearest, Interpolation::linear});
}
void read(const JsonReader& json, Border& value) {
  read_name(json, value, std::array{Border::zeros, Border::edge});
}
template <class T>
void read(const JsonReader& json, T& value) {
  json.get(value);
}

/// The kind of this name with its members read; members that are not there keep their defaults, others than
/// its own are refused: a name misspelt must not make another network.
template <std::size_t at = 0>
Kind read_kind(const JsonReader& json, const std::string& wanted) {
  if constexpr (at == std::variant_size_v<Kind>) {
    JsonReader::refuse(json.path() + ".kind",
                       fmt::format("is \"{}\", which is no kind of layer", excerpt(wanted)));
  } else {
    std::variant_alternative_t<at, Kind> layer;
    if (wanted != layer.kind) return read_kind<at + 1>(json, wanted);
    std::vector<std::string_view> known{"name", "kind", "inputs"};
    layer.fields(layer, [&](const char* key, auto& value) {
      known.push_back(key);
      if (json.has(key)) read(json[key], value);
    });
    json.only(known);
    return layer;
  }
}

}  // namespace

namespace detail {

Json graph_to_json(const Graph& graph) {
  Json layers = Json::array(), outputs = Json::array();
  for (const Layer& layer : graph.layers()) {
    Json one{{"name", layer.name}, {"kind", kind_name(layer.kind)}};
    if (!layer.inputs.empty()) {
      one["inputs"] = Json::array();
      for (const Value value : layer.inputs) one["inputs"].push_back(graph[value].name);
    }
    std::visit(
        [&](const auto& kind) {
          kind.fields(kind, [&](const char* key, const auto& value) { one[key] = written(value); });
        },
        layer.kind);
    layers.push_back(std::move(one));
  }
  for (const Output& output : graph.outputs())
    outputs.push_back({{"name", output.name}, {"from", graph[output.value].name}});
  return {{"layers", std::move(layers)}, {"outputs", std::move(outputs)}};
}

Graph graph_of(const JsonReader& json) {
  json.only({"layers", "outputs"});
  Graph graph;
  const auto found = [&](const JsonReader& item) {
    const std::string name = item.text();
    const std::optional<Value> value = graph.find(name);
    if (!value) item.expected("the name of an earlier layer");
    return *value;
  };
  for (const JsonReader& item : json["layers"].items(10'000)) {
    const std::string kind_text = item["kind"].text();
    Kind kind = read_kind(item, kind_text);
    std::vector<Value> inputs;
    if (item.has("inputs"))
      for (const JsonReader& input : item["inputs"].items()) inputs.push_back(found(input));
    graph.add(item["name"].text(), std::move(kind), std::move(inputs));
  }
  for (const JsonReader& item : json["outputs"].items()) {
    item.only({"name", "from"});
    graph.output(item["name"].text(), found(item["from"]));
  }
  return graph;
}

}  // namespace detail

std::string to_json(const Graph& graph) { return detail::graph_to_json(graph).dump(2) + "\n"; }

Graph graph_from_json(std::string_view text) {
  const Json json = detail::parse(text);
  return detail::graph_of(JsonReader(json));
}

}  // namespace sg::nn
