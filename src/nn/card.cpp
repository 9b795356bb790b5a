#include "nn/card.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "nn/json_reader.h"

namespace sg::nn {

using detail::Json;
using detail::JsonReader;

namespace detail {
Json graph_to_json(const Graph& graph);
Graph graph_of(const JsonReader& json);
}  // namespace detail

namespace {

// Members of each part, once for reading and writing.
void members(auto& port, auto&& f, const Card::Port*) {
  f("name", port.name), f("meaning", port.meaning), f("classes", port.classes);
}
void members(auto& p, auto&& f, const Card::Preparation*) {
  f("orientation", p.orientation), f("spacing_mm", p.spacing_mm), f("low", p.low), f("high", p.high);
}
void members(auto& weights, auto&& f, const Card::Weights*) {
  f("file", weights.file), f("sha256", weights.sha256), f("bytes", weights.bytes);
}
void members(auto& data, auto&& f, const Card::Data*) {
  f("name", data.name), f("source", data.source), f("licence", data.licence), f("use", data.use);
}
void members(auto& t, auto&& f, const Card::Training*) {
  f("method", t.method), f("command", t.command), f("revision", t.revision), f("hardware", t.hardware);
  f("software", t.software), f("date", t.date), f("seed", t.seed), f("steps", t.steps),
      f("examples", t.examples);
  f("seconds", t.seconds), f("data", t.data), f("remarks", t.remarks);
}
void members(auto& m, auto&& f, const Card::Metric*) {
  f("name", m.name), f("value", m.value), f("unit", m.unit), f("low", m.low), f("high", m.high);
  f("interval", m.interval), f("on", m.on), f("count", m.count), f("against", m.against);
}
void members(auto& check, auto&& f, const Card::Check*) {
  f("seed", check.seed), f("inputs", check.inputs), f("results", check.results);
}
void members(auto& result, auto&& f, const Card::Check::Result*) {
  f("mean", result.mean), f("deviation", result.deviation), f("first", result.first), f("last", result.last);
}
void members(auto& card, auto&& f, const Card*) {
  f("name", card.name), f("title", card.title), f("purpose", card.purpose), f("version", card.version);
  f("licence", card.licence), f("inputs", card.inputs), f("outputs", card.outputs);
  f("preparation", card.preparation), f("weights", card.weights), f("training", card.training);
  f("metrics", card.metrics), f("limits", card.limits), f("references", card.references),
      f("check", card.check);
  f("graph", card.graph);
}

template <class T>
concept Part = requires(T& part) {
  members(
      part, [](const char*, auto&) {}, static_cast<const T*>(nullptr));
};

template <class T>
constexpr bool is_optional = false;
template <class T>
constexpr bool is_optional<std::optional<T>> = true;
template <class T>
constexpr bool is_list = false;
template <class T>
constexpr bool is_list<std::vector<T>> = true;

template <class T>
Json written(const T& value) {
  if constexpr (std::is_same_v<T, Graph>) {
    return detail::graph_to_json(value);
  } else if constexpr (Part<T>) {
    Json object = Json::object();
    members(
        value,
        [&](const char* key, const auto& member) {
          if constexpr (is_optional<std::decay_t<decltype(member)>>) {
            if (member) object[key] = written(*member);
          } else {
            object[key] = written(member);
          }
        },
        static_cast<const T*>(nullptr));
    return object;
  } else if constexpr (is_list<T>) {
    Json array = Json::array();
    for (const auto& item : value) array.push_back(written(item));
    return array;
  } else {
    return value;
  }
}

template <class T>
void read(const JsonReader& json, T& value) {
  if constexpr (std::is_same_v<T, Graph>) {
    value = detail::graph_of(json);
  } else if constexpr (is_optional<T>) {
    read(json, value.emplace());
  } else if constexpr (Part<T>) {
    members(
        value,
        [&](const char* key, auto& member) {
          if (json.has(key)) read(json[key], member);
        },
        static_cast<const T*>(nullptr));
  } else if constexpr (is_list<T>) {
    value.clear();
    for (const JsonReader& item : json.items()) read(item, value.emplace_back());
  } else {
    json.get(value);
  }
}

void check_name(const Card& card) {
  const auto is_plain = [](std::string_view text) {
    return !text.empty() && text.size() <= 100 && text[0] != '.' &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
               text.npos;
  };
  if (!is_plain(card.name))
    JsonReader::refuse("name", fmt::format("is \"{}\", expected letters, digits, \".\", \"_\" and \"-\"",
                                           card.name.substr(0, 40)));
  if (!is_plain(card.weights.file))
    JsonReader::refuse("weights.file", fmt::format("is \"{}\", expected the name of a file beside the card",
                                                   card.weights.file.substr(0, 40)));
  const Card::Preparation& p = card.preparation;
  if (p.spacing_mm < 0 || p.spacing_mm > 100)
    JsonReader::refuse("preparation.spacing_mm", fmt::format("is {}, expected 0 to 100", p.spacing_mm));
  if (!(p.low == 0 && p.high == 0) && !(p.low >= 0 && p.low < p.high && p.high <= 100))
    JsonReader::refuse("preparation", fmt::format("has percentiles {} and {}, expected 0 ≤ low < high ≤ 100",
                                                  p.low, p.high));
  if (!p.orientation.empty() && p.orientation != "RAS" && p.orientation != "LPS")
    JsonReader::refuse(
        "preparation.orientation",
        fmt::format("is \"{}\", expected \"RAS\", \"LPS\" or nothing", p.orientation.substr(0, 40)));
  if (card.graph.outputs().empty())
    JsonReader::refuse("graph.outputs", "is empty: the network gives nothing");
  for (const Card::Port& output : card.outputs) {
    bool found = false;
    for (const Output& given : card.graph.outputs()) {
      if (given.name != output.name) continue;
      found = true;
      const Shape& shape = card.graph[given.value].shape;
      if (!output.classes.empty() &&
          (shape.size() < 2 || shape[1] != static_cast<std::int64_t>(output.classes.size())))
        JsonReader::refuse("outputs", fmt::format("names {} classes of \"{}\", which is {}",
                                                  output.classes.size(), output.name, to_string(shape)));
    }
    if (!found)
      JsonReader::refuse("outputs",
                         fmt::format("describes \"{}\", which the graph does not give", output.name));
  }
}

}  // namespace

std::string to_json(const Card& card) { return written(card).dump(2) + "\n"; }

Card card_from_json(std::string_view text) {
  const Json json = detail::parse(text);
  const JsonReader reader(json);
  Card card;
  for (const char* needed : {"name", "title", "purpose", "graph", "weights"}) (void)reader[needed];
  read(reader, card);
  check_name(card);
  return card;
}

Card read_card(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    throw Error(errno == EACCES ? ErrorCode::forbidden : ErrorCode::not_found,
                fmt::format("{}: {}", path.string(), std::strerror(errno)));
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  try {
    return card_from_json(text);
  } catch (const Error& e) {
    throw Error(e.code(), fmt::format("{}: {}", path.string(), e.what()), e.field());
  }
}

}  // namespace sg::nn
