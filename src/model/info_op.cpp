#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "core/error.h"
#include "model/library.h"
#include "model/operations.h"
#include "op/declare.h"

namespace sg::model {
namespace {

struct Info {
  std::string model;
  std::vector<int> size{64, 64, 64};
  Document about;
  Table layers, metrics;
};

Table table_of(const nn::Summary& summary) {
  std::vector<std::string> names, kinds, shapes;
  std::vector<double> parameters, work, bytes;
  for (const nn::Summary::Row& row : summary.rows) {
    names.push_back(row.name);
    kinds.push_back(row.kind);
    shapes.push_back(nn::to_string(row.shape));
    parameters.push_back(static_cast<double>(row.parameters));
    work.push_back(static_cast<double>(row.multiply_adds));
    bytes.push_back(static_cast<double>(row.bytes));
  }
  return {{{"layer", names},
           {"kind", kinds},
           {"shape", shapes},
           {"parameters", parameters},
           {"multiply_adds", work},
           {"bytes", bytes}}};
}

Table table_of(const std::vector<nn::Card::Metric>& metrics) {
  std::vector<std::string> names, units, on, against, intervals;
  std::vector<double> values, low, high, counts;
  for (const nn::Card::Metric& m : metrics) {
    names.push_back(m.name);
    values.push_back(m.value);
    units.push_back(m.unit);
    low.push_back(m.low.value_or(std::nan("")));
    high.push_back(m.high.value_or(std::nan("")));
    intervals.push_back(m.interval);
    on.push_back(m.on);
    counts.push_back(static_cast<double>(m.count));
    against.push_back(m.against);
  }
  return {{{"figure", names},
           {"value", values},
           {"unit", units},
           {"low", low},
           {"high", high},
           {"interval", intervals},
           {"on", on},
           {"count", counts},
           {"against", against}}};
}

/// The declared shape with batch 1 and `size` (x, y, z; for 2-D x, y) for what is left open.
nn::Shape sized(const nn::Shape& declared, const std::vector<int>& size) {
  nn::Shape shape = declared;
  const std::size_t axes = shape.size();
  for (std::size_t a = 0; a < axes; ++a) {
    if (shape[a] >= 0) continue;
    const std::size_t from_end = axes - 1 - a;
    shape[a] = a == 0 ? 1 : a >= 2 && from_end < size.size() ? size[from_end] : 1;
  }
  return shape;
}

void run(Info& info, const Context&) {
  for (const int size : info.size)
    if (size < 1 || size > 4096)
      throw Error(ErrorCode::invalid_input, fmt::format("size is {}, expected 1 to 4096", size), "size");
  std::string known;
  for (const Found& found : find_models()) {
    if (found.folder.filename() != info.model) continue;
    if (!found.card) throw Error(ErrorCode::invalid_input, found.problem, "model");
    const nn::Card& card = *found.card;
    std::vector<nn::Shape> shapes;
    for (const nn::Value input : card.graph.inputs())
      shapes.push_back(sized(card.graph[input].shape, info.size));
    const nn::Summary summary = nn::summarize(card.graph, shapes);
    info.layers = table_of(summary);
    info.metrics = table_of(card.metrics);
    Document training{{{"method", card.training.method, ""},
                       {"command", card.training.command, ""},
                       {"steps", card.training.steps, ""},
                       {"duration", card.training.seconds, "s"},
                       {"seed", card.training.seed, ""},
                       {"hardware", card.training.hardware, ""},
                       {"software", card.training.software, ""},
                       {"revision", card.training.revision, ""},
                       {"date", card.training.date, ""},
                       {"remarks", card.training.remarks, ""}}};
    std::vector<Document> data;
    for (const nn::Card::Data& d : card.training.data)
      data.push_back(
          {{{"name", d.name, ""}, {"use", d.use, ""}, {"source", d.source, ""}, {"licence", d.licence, ""}}});
    training.properties.push_back({"data", std::move(data), ""});
    info.about.properties = {{"name", card.name, ""},
                             {"title", card.title, ""},
                             {"purpose", card.purpose, ""},
                             {"version", card.version, ""},
                             {"licence", card.licence, ""},
                             {"parameters", summary.parameters, ""},
                             {"multiply_adds", summary.multiply_adds, ""},
                             {"weight_bytes", card.weights.bytes, "byte"},
                             {"sha256", card.weights.sha256, ""},
                             {"not_validated", card.limits, ""},
                             {"training", std::move(training), ""},
                             {"references", card.references, ""}};
    return;
  }
  load_model(info.model);  // says which there are
}

}  // namespace

op::Operation info_operation() {
  return op::Declare<Info>("model.info",
                           "Says what a trained network is, what it learnt from and what was measured.")
      .description(
          "Reads the model's card: purpose, licence, training data with their licences, the command that "
          "trained it, "
          "what was measured and on what, and what it was never validated on. The table of layers gives "
          "shapes, "
          "parameters, multiply-adds and memory for one image of the given size.")
      .param(&Info::model, "model", "name of the model, as model.list gives it")
      .positional()
      .param(&Info::size, "size",
             "voxels of the image along x, y, z that the table of layers is worked out for")
      .in(1, 4096)
      .unit("1")
      .output(&Info::about, "about", "the card")
      .flattened()
      .output(&Info::metrics, "metrics", "measured figures: value, interval, on what, against what")
      .output(&Info::layers, "layers", "one row a layer")
      .cites("Mitchell et al. 2019, Model cards for model reporting, doi:10.1145/3287560.3287596")
      .example("brain", {"name == brain", "parameters > 100000"})
      .run(run);
}

}  // namespace sg::model
