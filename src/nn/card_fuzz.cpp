#include <cstdlib>
#include <optional>

#include "core/error.h"
#include "nn/card.h"

// The first byte chooses: even, a card; odd, a graph alone.

namespace {

using namespace sg::nn;

void require(bool truth) {
  if (!truth) std::abort();
}

/// What `work` gives, nothing if it refuses; other refusals than those of inputs are findings.
template <class Work>
auto unless_refused(const Work& work) -> std::optional<decltype(work())> {
  try {
    return work();
  } catch (const sg::Error& error) {
    require(error.code() == sg::ErrorCode::invalid_input);
    require(std::string_view(error.what()).size() < 2000);
    return std::nullopt;
  }
}

/// Sizes left open become small ones.
void describe(const Graph& graph) {
  std::vector<Shape> inputs;
  for (const Value value : graph.inputs()) {
    Shape& shape = inputs.emplace_back(graph[value].shape);
    for (std::int64_t& size : shape) size = size < 0 ? 8 : size;
  }
  if (const auto summary = unless_refused([&] { return summarize(graph, inputs); })) {
    require(summary->parameters == parameter_count(graph));
    require(!to_text(*summary).empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 1) {
    if (const auto graph = unless_refused([&] { return graph_from_json(text); })) {
      const std::string written = to_json(*graph);
      require(to_json(graph_from_json(written)) == written);
      describe(*graph);
    }
  } else if (const auto card = unless_refused([&] { return card_from_json(text); })) {
    const std::string written = to_json(*card);
    require(to_json(card_from_json(written)) == written);
    require(!to_markdown(*card).empty());
    describe(card->graph);
  }
  return 0;
}
