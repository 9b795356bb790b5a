#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "server/api.h"
#include "server/files.h"

namespace sg::server {
namespace {

using platform::Artifact;
using platform::Workspace;

const std::vector<std::string> artifact_states{"inspecting", "ready", "unreadable"};
const std::vector<std::string> reaches{"none", "only", "all"};

void list(const Services& services, const Call& call) {
  const Workspace& workspace = services.workspace;
  platform::ArtifactQuery query;
  query.kind = call.query("kind");
  if (const std::string state = call.choice("state", artifact_states, ""); !state.empty())
    query.state = platform::artifact_state(state);
  query.sha256 = call.query("sha256");
  query.tag = call.query("tag");
  query.text = call.query("q");
  query.origin_run = call.query("origin_run");
  query.before = call.query("cursor");
  query.limit = call.number("limit", 50, 1, 500);
  call.reply(200, page_json(workspace.store().artifacts(query)));
}

void one(const Services& services, const Call& call) {
  const Workspace& workspace = services.workspace;
  const Artifact artifact = workspace.store().artifact(call.names[0]);
  Json json = to_json(artifact);
  const platform::Lineage lineage = workspace.store().lineage(artifact.id);
  const auto relatives = [](const std::vector<platform::Relative>& all) {
    Json items = Json::array();
    for (const platform::Relative& r : all)
      items.push_back({{"id", r.id}, {"name", r.name}, {"kind", r.kind}, {"run", r.run}});
    return items;
  };
  json["parents"] = relatives(lineage.parents);
  json["children"] = relatives(lineage.children);
  call.reply(200, json);
}

/// The tags of a change: texts that are not empty, each once.
std::vector<std::string> tags_in(const Json& body) {
  const Json& given = body["tags"];
  if (!given.is_array())
    throw Error(ErrorCode::invalid_input,
                fmt::format("tags is {}, expected a list of texts", op::dump(given)), "tags");
  std::vector<std::string> tags;
  for (const Json& tag : given) {
    if (!tag.is_string() || tag.get_ref<const std::string&>().empty())
      throw Error(ErrorCode::invalid_input,
                  fmt::format("tags holds {}, expected texts that are not empty", op::dump(tag)), "tags");
    tags.push_back(tag.get<std::string>());
  }
  return tags;
}

void change(const Services& services, const Call& call) {
  Workspace& workspace = services.workspace;
  const Json body = call.json();
  platform::refuse_others(body, {"name", "notes", "kind", "tags"}, "a change of an artifact");
  Artifact artifact = workspace.store().artifact(call.names[0]);
  artifact.name = platform::text_member(body, "name", artifact.name);
  if (artifact.name.empty()) throw Error(ErrorCode::invalid_input, "name is empty, expected a text", "name");
  artifact.notes = platform::text_member(body, "notes", artifact.notes);
  const std::string kind = platform::text_member(body, "kind", artifact.kind);
  const auto is_image = [](const std::string& k) { return k == "volume" || k == "labels"; };
  if (kind != artifact.kind && !(is_image(kind) && is_image(artifact.kind)))
    throw Error(
        ErrorCode::invalid_input,
        fmt::format("kind cannot change from {} to {}, only between volume and labels", artifact.kind, kind),
        "kind");
  artifact.kind = kind;
  if (body.contains("tags")) artifact.tags = tags_in(body);
  workspace.store().update(artifact);
  call.reply(200, to_json(workspace.store().artifact(artifact.id)));
}

void reach(const Services& services, const Call& call) {
  const Workspace& workspace = services.workspace;
  const platform::References found = workspace.references(workspace.store().artifact(call.names[0]).id);
  Json artifacts = Json::array(), runs = Json::array();
  for (const std::string& id : found.artifacts)
    artifacts.push_back({{"id", id}, {"name", workspace.store().artifact(id).name}});
  for (const std::string& id : found.runs)
    runs.push_back({{"id", id}, {"operation", workspace.store().run(id).operation}});
  call.reply(200, {{"artifacts", artifacts}, {"runs", runs}});
}

void remove(const Services& services, const Call& call) {
  Workspace& workspace = services.workspace;
  const std::string word = call.choice("reach", reaches, "none");
  workspace.remove(call.names[0], word == "all"    ? platform::Reach::all
                                  : word == "only" ? platform::Reach::only
                                                   : platform::Reach::none);
  call.response.status = 204;
}

void file(const Services& services, const Call& call) {
  const Workspace& workspace = services.workspace;
  const Artifact artifact = workspace.store().artifact(call.names[0]);
  std::size_t number = 0;
  if (call.names.size() > 1) {
    const std::string& text = call.names[1];
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) number = artifact.files.size();
  }
  if (number >= artifact.files.size())
    throw Error(ErrorCode::not_found, fmt::format("artifact {} has {} files, there is no file {}",
                                                  artifact.id, artifact.files.size(), call.names.back()));
  send_object(call, workspace, artifact.files[number].sha256, artifact.files[number].path);
}

void files(const Services& services, const Call& call) {
  const Workspace& workspace = services.workspace;
  Json items = Json::array();
  for (const platform::StoredFile& file : workspace.store().artifact(call.names[0]).files)
    items.push_back({{"path", file.path}, {"size", file.size}, {"sha256", file.sha256}});
  call.reply(200, {{"items", items}});
}

void thumbnail(const Services& services, const Call& call) {
  const Workspace& workspace = services.workspace;
  const Artifact artifact = workspace.store().artifact(call.names[0]);
  if (artifact.thumbnail.empty())
    throw Error(ErrorCode::not_found, fmt::format("artifact {} has no picture", artifact.id));
  send_object(call, workspace, artifact.thumbnail, "thumbnail.png");
}

void tags(const Services& services, const Call& call) {
  const Workspace& workspace = services.workspace;
  Json items = Json::array();
  for (const platform::TagCount& one : workspace.store().tags())
    items.push_back({{"tag", one.tag}, {"artifacts", one.artifacts}});
  call.reply(200, {{"items", items}});
}

void archive(const Services& services, const Call& call) {
  send_archive(call, services.workspace, services.workspace.store().artifact(call.names[0]));
}

}  // namespace

std::vector<Route> artifact_routes() {
  const Parameter download{"download", "present: as a download, never shown"};
  return {
      {"GET", "/artifacts", "What the workspace keeps, newest first", list, "", "ArtifactPage", 200,
       with_paging({{"kind", "one kind, or several separated by commas"},
                    {"state", "how far it has come", "string", artifact_states},
                    {"tag", "those that carry this tag"},
                    {"sha256", "those that hold a file of this content"},
                    {"q", "part of name or notes"},
                    {"origin_run", "those that this run made"}})},
      {"GET", "/tags", "Every tag in use", tags, "", "TagList"},
      {"GET", "/artifacts/{id}", "One artifact, what it was made from and what was made from it", one, "",
       "ArtifactDetail"},
      {"PATCH", "/artifacts/{id}", "Changes name, notes, tags, or kind (between volume and labels)", change,
       "ArtifactChange", "Artifact"},
      {"DELETE",
       "/artifacts/{id}",
       "Deletes it. If runs used it: refused, or without them (only), or with them and what they made (all)",
       remove,
       "",
       "",
       204,
       {{"reach", "none by default", "string", reaches}}},
      {"GET", "/artifacts/{id}/reach", "What refers to it, directly or through what was made from it", reach,
       "", "Reach"},
      {"GET",
       "/artifacts/{id}/content",
       "Its main file; ranges and ETag",
       file,
       "",
       "application/octet-stream",
       200,
       {download}},
      {"GET", "/artifacts/{id}/files", "Its files", files, "", "FileList"},
      {"GET",
       "/artifacts/{id}/files/{number}",
       "One of its files, counted from 0; ranges and ETag",
       file,
       "",
       "application/octet-stream",
       200,
       {download}},
      {"GET", "/artifacts/{id}/archive", "All its files in one .zip", archive, "", "application/zip"},
      {"GET", "/artifacts/{id}/thumbnail", "A picture of it, 256 px", thumbnail, "", "image/png"},
  };
}

}  // namespace sg::server
