#include <fmt/format.h>

#include <fstream>
#include <iterator>

#include "core/sha256.h"
#include "platform/job.h"
#include "platform/pipeline.h"
#include "server/api.h"

namespace sg::server {
namespace {

using platform::Run;
using platform::Workspace;

const std::vector<std::string> run_states{"queued", "running", "succeeded", "failed", "cancelled"};

/// A run as it stands this moment.
Json now_json(const Workspace& workspace, const Run& run) {
  Json json = to_json(run);
  if (run.state == platform::RunState::running) put_progress(json, progress_of(workspace, run.id));
  return json;
}

void list(const Services& services, const Call& call) {
  platform::RunQuery query;
  if (const std::string state = call.choice("state", run_states, ""); !state.empty())
    query.state = platform::run_state(state);
  query.operation = call.query("operation");
  query.artifact = call.query("artifact");
  query.pipeline = call.query("pipeline");
  query.before = call.query("cursor");
  query.limit = call.number("limit", 50, 1, 500);
  const platform::Page<Run> page = services.workspace.store().runs(query);
  Json json = page_json(page);
  for (std::size_t i = 0; i < page.items.size(); ++i)
    json["items"][i] = now_json(services.workspace, page.items[i]);
  call.reply(200, json);
}

platform::Once once_of(const Call& call, const Json& body) {
  return {call.request.get_header_value("Idempotency-Key"), sha256(call.request.path + " " + op::dump(body))};
}

void submit(const Services& services, const Call& call) {
  const op::Operation& operation = op::find(services.operations, call.names[0]);
  const Json body = call.json();
  platform::Store& store = services.workspace.store();
  const Run run = prepare_run(services.workspace, operation, platform::run_request(body));
  const std::string id = store.add({run}, once_of(call, body));
  services.scheduler.wake();
  call.response.set_header("Location", "/api/v1/runs/" + id);
  call.reply(202, to_json(id == run.id ? run : store.run(id)));
}

void check(const Services& services, const Call& call) {
  const bool partial = call.choice("partial", {"0", "1"}, "0") == "1";
  prepare_run(services.workspace, op::find(services.operations, call.names[0]),
              platform::run_request(call.json()),
              partial ? platform::Judged::partly : platform::Judged::whole);
  call.response.status = 204;
}

void end(const Services& services, const Call& call) {
  platform::Store& store = services.workspace.store();
  const std::string& id = call.names[0];
  if (is_finished(store.run(id).state)) {
    store.remove({}, {id});
    call.response.status = 204;
    return;
  }
  store.request_cancel(id);
  services.scheduler.wake();
  call.reply(202, now_json(services.workspace, store.run(id)));
}

void log(const Services& services, const Call& call) {
  const Workspace& workspace = services.workspace;
  const Run run = workspace.store().run(call.names[0]);
  std::ifstream file(workspace.log_file(run.id), std::ios::binary);
  call.response.set_content(std::string(std::istreambuf_iterator<char>(file), {}),
                            "text/plain; charset=utf-8");
}

Json pipeline_json(const Workspace& workspace, const platform::Pipeline& pipeline) {
  platform::RunQuery query;
  query.pipeline = pipeline.id;
  query.limit = 500;
  Json json = to_json(pipeline);
  json["runs"] = Json::array();
  json["edges"] = Json::array();
  const platform::Page<Run> page = workspace.store().runs(query);
  for (auto run = page.items.rbegin(); run != page.items.rend(); ++run) {  // in the order of the steps
    json["runs"].push_back(now_json(workspace, *run));
    for (const platform::Link& link : run->links) {
      json["edges"].push_back(
          {{"from", link.source}, {"output", link.output}, {"to", run->id}, {"input", link.field}});
    }
  }
  return json;
}

void submit_pipeline(const Services& services, const Call& call) {
  const Json body = call.json();
  platform::Store& store = services.workspace.store();
  const platform::PreparedPipeline made = prepare_pipeline(services.workspace, services.operations, body);
  const std::string id = store.add(made.runs, once_of(call, body), made.pipeline);
  services.scheduler.wake();
  call.response.set_header("Location", "/api/v1/pipelines/" + id);
  call.reply(202, pipeline_json(services.workspace, store.pipeline(id)));
}

void list_pipelines(const Services& services, const Call& call) {
  const Workspace& workspace = services.workspace;
  const platform::Page<platform::Pipeline> page =
      workspace.store().pipelines(call.query("cursor"), call.number("limit", 50, 1, 500));
  Json json = page_json(page);
  json["items"] = Json::array();
  for (const platform::Pipeline& pipeline : page.items)
    json["items"].push_back(pipeline_json(workspace, pipeline));
  call.reply(200, json);
}

void one(const Services& services, const Call& call) {
  call.reply(200, now_json(services.workspace, services.workspace.store().run(call.names[0])));
}

void one_pipeline(const Services& services, const Call& call) {
  call.reply(200, pipeline_json(services.workspace, services.workspace.store().pipeline(call.names[0])));
}

}  // namespace

std::vector<Route> run_routes() {
  return {
      {"POST", "/operations/{name}/runs",
       "Asks for a run. A finished run of the same request answers at once, unless cache is false", submit,
       "RunRequest", "Run", 202},
      {"POST",
       "/operations/{name}/check",
       "Judges a request without asking for a run",
       check,
       "RunRequest",
       "",
       204,
       {{"partial", "1: what is missing is not judged yet", "string", {"0", "1"}}}},
      {"GET", "/runs", "Runs, newest first", list, "", "RunPage", 200,
       with_paging({{"state", "how it stands", "string", run_states},
                    {"operation", "those of this operation"},
                    {"artifact", "those that took or made this artifact"},
                    {"pipeline", "those of this pipeline"}})},
      {"GET", "/runs/{id}", "One run", one, "", "Run"},
      {"DELETE", "/runs/{id}",
       "An active run is cancelled (202, the run); the record of a finished one is deleted (204), what it "
       "made stays",
       end, "", "Run", 202},
      {"GET", "/runs/{id}/log", "What the run's process wrote", log, "", "text/plain"},
      {"POST", "/pipelines", "Asks for runs that feed each other", submit_pipeline, "PipelineRequest",
       "Pipeline", 202},
      {"GET", "/pipelines", "Pipelines, newest first", list_pipelines, "", "PipelinePage", 200,
       with_paging({})},
      {"GET", "/pipelines/{id}", "One pipeline with its runs and what goes from which to which", one_pipeline,
       "", "Pipeline"},
  };
}

}  // namespace sg::server
