#include "model/library.h"
#include "model/operations.h"
#include "op/declare.h"

namespace sg::model {
namespace {

struct List {
  std::int64_t count = 0;
  Table models;
};

void run(List& list, const Context&) {
  std::vector<std::string> names, titles, versions, licences, states;
  std::vector<double> parameters, bytes;
  for (const Found& found : find_models()) {
    names.push_back(found.folder.filename().string());
    titles.push_back(found.card ? found.card->title : "");
    versions.push_back(found.card ? found.card->version : "");
    licences.push_back(found.card ? found.card->licence : "");
    parameters.push_back(found.card ? static_cast<double>(nn::parameter_count(found.card->graph)) : 0);
    bytes.push_back(found.card ? static_cast<double>(found.card->weights.bytes) : 0);
    states.push_back(found.problem.empty() ? "ready" : found.problem);
  }
  list.count = static_cast<std::int64_t>(names.size());
  list.models.columns = {
      {"name", names},         {"title", titles},     {"version", versions}, {"parameters", parameters},
      {"weight_bytes", bytes}, {"licence", licences}, {"state", states}};
}

}  // namespace

op::Operation list_operation() {
  return op::Declare<List>("model.list", "Lists the trained networks that are installed.")
      .description(
          "Looks in the folders that SHAOGUANG_MODELS names (colons between them), then where the "
          "program's own models "
          "lie. A model is a folder with card.json and weights.safetensors. Weights are not read; "
          "model.verify does.")
      .output(&List::count, "count", "how many")
      .unit("1")
      .output(&List::models, "models", "one row a model; state: ready, or why not")
      .cites("Mitchell et al. 2019, Model cards for model reporting, doi:10.1145/3287560.3287596")
      .example("", {"count >= 1", "models[0].state == \"ready\""})
      .run(run);
}

}  // namespace sg::model
