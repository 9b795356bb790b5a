#include "nn/card.h"

#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <set>

#include "nn/json_reader.h"
#include "nn/path_error.h"

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
  f("per_noise", p.per_noise), f("symmetries", p.symmetries);
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
  } else if constexpr (std::is_same_v<T, double>) {
    // JSON has no such numbers; as a text they are refused by name when the card is read back.
    return std::isfinite(value) ? Json(value) : Json(fmt::format("{}", value));
  } else {
    return value;
  }
}

template <class T>
void read(const JsonReader& json, T& value) {
  if constexpr (std::is_same_v<T, Graph>) {
    value = detail::graph_of(json);
  } else if constexpr (is_optional<T>) {
    typename T::value_type given{};  // not emplace: clang takes a class within a class for not constructible
    read(json, given);
    value = std::move(given);
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

[[noreturn]] void refuse(const char* member, const std::string& why) { JsonReader::refuse(member, why); }

bool is_file_name(std::string_view text) {
  return !text.empty() && text.size() <= 100 && text[0] != '.' &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
             text.npos;
}

void check_names(const Card& card) {
  if (!is_file_name(card.name))
    refuse(
        "name",
        fmt::format("is \"{}\", expected up to 100 letters, digits, \".\", \"_\" and \"-\", no \".\" first",
                    excerpt(card.name)));
  const std::string &file = card.weights.file, &sha256 = card.weights.sha256;
  if (!is_file_name(file))
    refuse("weights.file",
           fmt::format("is \"{}\", expected the name of a file beside the card", excerpt(file)));
  if (!sha256.empty() && (sha256.size() != 64 || sha256.find_first_not_of("0123456789abcdef") != sha256.npos))
    refuse("weights.sha256",
           fmt::format("is \"{}\", expected 64 hexadecimal digits (0-9, a-f)", excerpt(sha256)));
}

void check_counts(const Card& card) {
  const auto from_0 = [](const char* member, auto value) {
    if (!(value >= 0)) refuse(member, fmt::format("is {}, expected 0 or more", value));
  };
  from_0("weights.bytes", card.weights.bytes);
  from_0("training.steps", card.training.steps);
  from_0("training.examples", card.training.examples);
  from_0("training.seconds", card.training.seconds);
  for (std::size_t i = 0; i < card.metrics.size(); ++i)
    from_0(fmt::format("metrics[{}].count", i).c_str(), card.metrics[i].count);
}

void check_preparation(const Card::Preparation& p) {
  if (!(p.spacing_mm >= 0 && p.spacing_mm <= 100))
    refuse("preparation.spacing_mm", fmt::format("is {}, expected 0 to 100", p.spacing_mm));
  if (!(p.low == 0 && p.high == 0) && !(p.low >= 0 && p.low < p.high && p.high <= 100))
    refuse("preparation",
           fmt::format("has percentiles {} and {}, expected 0 ≤ low < high ≤ 100", p.low, p.high));
  if (!p.orientation.empty() && p.orientation != "RAS" && p.orientation != "LPS")
    refuse("preparation.orientation",
           fmt::format("is \"{}\", expected \"RAS\", \"LPS\" or nothing", excerpt(p.orientation)));
  std::set<std::string_view> known{"x", "y", "z", "transpose"};
  for (const std::string& symmetry : p.symmetries)
    if (known.erase(symmetry) == 0)
      refuse("preparation.symmetries",
             fmt::format("has \"{}\", expected \"x\", \"y\", \"z\" and \"transpose\", each at most once",
                         excerpt(symmetry)));
}

/// Ports must be inputs or outputs of the graph, each described once; classes as many as channels.
void check_ports(const char* member, const std::vector<Card::Port>& ports,
                 const std::map<std::string, Shape, std::less<>>& known) {
  std::set<std::string_view> described;
  for (const Card::Port& port : ports) {
    const auto found = known.find(port.name);
    if (found == known.end())
      refuse(member, fmt::format("describes \"{}\", which the graph does not have", excerpt(port.name)));
    if (!described.insert(port.name).second)
      refuse(member, fmt::format("describes \"{}\" twice", excerpt(port.name)));
    const Shape& shape = found->second;
    if (!port.classes.empty() &&
        (shape.size() < 2 || shape[1] != static_cast<std::int64_t>(port.classes.size())))
      refuse(member, fmt::format("names {} classes of \"{}\", which is {}", port.classes.size(),
                                 excerpt(port.name), to_string(shape)));
  }
}

void check_graph(const Card& card) {
  const Graph& graph = card.graph;
  if (graph.outputs().empty()) refuse("graph.outputs", "is empty: the network gives nothing");
  std::map<std::string, Shape, std::less<>> inputs, outputs;
  for (const Value value : graph.inputs()) inputs.emplace(graph[value].name, graph[value].shape);
  for (const Output& output : graph.outputs()) outputs.emplace(output.name, graph[output.value].shape);
  check_ports("inputs", card.inputs, inputs);
  check_ports("outputs", card.outputs, outputs);
  if (!card.check) return;
  try {
    (void)shapes(graph, card.check->inputs);
  } catch (const Error& e) {
    refuse("check.inputs", fmt::format("do not fit: {}", e.what()));
  }
  if (card.check->results.size() != graph.outputs().size())
    refuse("check.results", fmt::format("is a list of {}, expected one for each of {} outputs",
                                        card.check->results.size(), graph.outputs().size()));
}

std::string file_text(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (error) fail_by_errno("cannot read", path, error.value());
  if (!std::filesystem::is_regular_file(status))
    throw Error(ErrorCode::invalid_input,
                fmt::format("'{}' is no regular file, expected a model card", path.string()));
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!file) fail_by_errno("cannot read", path, errno);
  std::string text(detail::largest_text + 1, '\0');  // one more, so that larger files are refused as such
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) fail_by_errno("cannot read", path, errno);
  return text;
}

}  // namespace

std::string to_json(const Card& card) {
  std::string text;
  try {
    text = written(card).dump(2) + "\n";
  } catch (const Json::exception&) {
    throw Error(ErrorCode::invalid_input, "the card has a text that is not UTF-8");
  }
  (void)card_from_json(text);
  return text;
}

Card card_from_json(std::string_view text) {
  const Json json = detail::parse(text);
  const JsonReader reader(json);
  Card card;
  for (const char* needed : {"name", "title", "purpose", "graph", "weights"}) (void)reader[needed];
  read(reader, card);
  check_names(card);
  check_counts(card);
  check_preparation(card.preparation);
  check_graph(card);
  return card;
}

Card read_card(const std::filesystem::path& path) {
  const std::string text = file_text(path);
  return naming_path(path, [&] { return card_from_json(text); });
}

}  // namespace sg::nn
