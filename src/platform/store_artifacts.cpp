#include <fmt/format.h>
#include <fmt/ranges.h>

#include "platform/store_database.h"

namespace sg::platform {
namespace {

using soci::into;
using soci::use;

std::string text(const Json& json) { return op::dump(json); }

/// For LIKE … ESCAPE '\': any text that holds `part`.
std::string containing(const std::string& part) {
  std::string pattern = "%";
  for (const char c : part) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + "%";
}

constexpr const char* columns =
    "id, kind, state, problem, name, format, created, notes, origin_run, origin_output, properties, "
    "thumbnail, (SELECT operation FROM runs WHERE runs.id = origin_run)";

Artifact artifact_of(const soci::row& row) {
  Artifact a;
  std::string* const texts[] = {&a.id,     &a.kind,    nullptr,  &a.problem,    &a.name,
                                &a.format, &a.created, &a.notes, &a.origin_run, &a.origin_output};
  for (std::size_t i = 0; i < std::size(texts); ++i) {
    if (texts[i] != nullptr) *texts[i] = row.get<std::string>(i);
  }
  a.state = artifact_state(row.get<std::string>(2));
  a.properties = op::parse_json(row.get<std::string>(10), "artifact properties");
  a.thumbnail = row.get<std::string>(11);
  if (row.get_indicator(12) == soci::i_ok) a.origin_operation = row.get<std::string>(12);
  return a;
}

void read_parts(soci::session& session, Artifact& a) {
  const soci::rowset<soci::row> files =
      (session.prepare << "SELECT path, sha256, CAST(size AS TEXT) FROM artifact_files WHERE artifact = :id "
                          "ORDER BY number",
       use(a.id));
  for (const soci::row& row : files) {
    a.files.push_back(
        {row.get<std::string>(0), row.get<std::string>(1), std::stoll(row.get<std::string>(2))});
  }
  const soci::rowset<std::string> tags =
      (session.prepare << "SELECT tag FROM artifact_tags WHERE artifact = :id ORDER BY tag", use(a.id));
  for (const std::string& tag : tags) a.tags.push_back(tag);
}

void write_tags(soci::session& session, const Artifact& a) {
  session << "DELETE FROM artifact_tags WHERE artifact = :id", use(a.id);
  for (const std::string& tag : a.tags)
    session << "INSERT OR IGNORE INTO artifact_tags VALUES (:id, :tag)", use(a.id), use(tag);
}

}  // namespace

Artifact read_artifact(soci::session& session, const std::string& id) {
  const soci::rowset<soci::row> rows =
      (session.prepare << fmt::format("SELECT {} FROM artifacts WHERE id = :id", columns), use(id));
  for (const soci::row& row : rows) {
    Artifact a = artifact_of(row);
    read_parts(session, a);
    return a;
  }
  throw Error(ErrorCode::not_found, fmt::format("there is no artifact {}", id), "id");
}

void insert_artifact(soci::session& session, const Artifact& a) {
  const std::string state(name(a.state)), properties = text(a.properties);
  session << "INSERT INTO artifacts VALUES (:id, :kind, :state, :problem, :name, :format, :created, "
             ":notes, :run, "
             ":output, :properties, :thumbnail)",
      use(a.id), use(a.kind), use(state), use(a.problem), use(a.name), use(a.format), use(a.created),
      use(a.notes), use(a.origin_run), use(a.origin_output), use(properties), use(a.thumbnail);
  for (std::size_t i = 0; i < a.files.size(); ++i) {
    const int number = static_cast<int>(i);
    const long long size = a.files[i].size;
    session << "INSERT INTO artifact_files VALUES (:artifact, :number, :path, :sha256, :size)", use(a.id),
        use(number), use(a.files[i].path), use(a.files[i].sha256), use(size);
  }
  write_tags(session, a);
  record_change(session, "artifact", a.id);
}

std::string Store::add(const Artifact& artifact, const Once& once) {
  return writing(database_->pool, [&](soci::session& session) {
    std::string id = standing_id(session, once, artifact.id);
    if (id == artifact.id) insert_artifact(session, artifact);
    return id;
  });
}

void Store::replace(const std::string& id, const std::vector<Artifact>& others) {
  writing(database_->pool, [&](soci::session& session) {
    read_artifact(session, id);
    session << "DELETE FROM artifacts WHERE id = :id", use(id);
    record_change(session, "deleted artifact", id);
    for (const Artifact& other : others) insert_artifact(session, other);
    return true;
  });
}

void Store::update(const Artifact& a) {
  writing(database_->pool, [&](soci::session& session) {
    read_artifact(session, a.id);
    const std::string state(name(a.state)), properties = text(a.properties);
    session << "UPDATE artifacts SET kind = :kind, state = :state, problem = :problem, name = :name, "
               "format = :format, notes = :notes, properties = :properties, thumbnail = :thumbnail "
               "WHERE id = :id",
        use(a.kind), use(state), use(a.problem), use(a.name), use(a.format), use(a.notes), use(properties),
        use(a.thumbnail), use(a.id);
    write_tags(session, a);
    record_change(session, "artifact", a.id);
    return true;
  });
}

Artifact Store::artifact(const std::string& id) const {
  return reading(database_->pool, [&](soci::session& session) { return read_artifact(session, id); });
}

Page<Artifact> Store::artifacts(const ArtifactQuery& query) const {
  const std::string state = query.state ? std::string(name(*query.state)) : "", like = containing(query.text);
  // One statement for every query: an empty text restricts nothing.
  const std::string where =
      " FROM artifacts WHERE (:kind = '' OR instr(',' || :kind || ',', ',' || kind || ',') > 0)"
      " AND (:state = '' OR state = :state)"
      " AND (:run = '' OR origin_run = :run)"
      " AND (:sha = '' OR id IN (SELECT artifact FROM artifact_files WHERE sha256 = :sha))"
      " AND (:tag = '' OR id IN (SELECT artifact FROM artifact_tags WHERE tag = :tag))"
      " AND (name LIKE :like ESCAPE '\\' OR notes LIKE :like ESCAPE '\\')";
  return reading(database_->pool, [&](soci::session& session) {
    Page<Artifact> page;
    // Names are given where they are used: SOCI keeps a reference to them until the statement is done.
    long long total = 0;
    session << "SELECT COUNT(*)" + where, into(total), use(query.kind, "kind"), use(state, "state"),
        use(query.origin_run, "run"), use(query.sha256, "sha"), use(query.tag, "tag"), use(like, "like");
    page.total = total;
    const int more = query.limit + 1;
    const soci::rowset<soci::row> rows =
        (session.prepare << fmt::format(
             "SELECT {}{} AND (:before = '' OR id < :before) ORDER BY id DESC LIMIT :n", columns, where),
         use(query.kind, "kind"), use(state, "state"), use(query.origin_run, "run"), use(query.sha256, "sha"),
         use(query.tag, "tag"), use(like, "like"), use(query.before, "before"), use(more, "n"));
    for (const soci::row& row : rows) page.items.push_back(artifact_of(row));
    if (std::ssize(page.items) > query.limit) {
      page.items.pop_back();
      page.next = page.items.back().id;
    }
    for (Artifact& a : page.items) read_parts(session, a);
    return page;
  });
}

std::vector<std::string> Store::to_inspect(int limit) const {
  return reading(database_->pool, [&](soci::session& session) {
    const soci::rowset<std::string> rows =
        (session.prepare << "SELECT id FROM artifacts WHERE state = 'inspecting' ORDER BY id LIMIT :n",
         use(limit));
    return std::vector<std::string>(rows.begin(), rows.end());
  });
}

Lineage Store::lineage(const std::string& artifact) const {
  const auto relatives = [&](soci::session& session, const char* query) {
    std::vector<Relative> found;
    const soci::rowset<soci::row> rows = (session.prepare << query, use(artifact, "id"));
    for (const soci::row& row : rows) {
      found.push_back({row.get<std::string>(0), row.get<std::string>(1), row.get<std::string>(2),
                       row.get<std::string>(3)});
    }
    return found;
  };
  return reading(database_->pool, [&](soci::session& session) {
    return Lineage{// What is deleted keeps its id and loses its name.
                   relatives(session,
                             "SELECT i.artifact, COALESCE(p.name, ''), COALESCE(p.kind, ''), i.run"
                             " FROM artifacts a JOIN run_inputs i ON i.run = a.origin_run"
                             " LEFT JOIN artifacts p ON p.id = i.artifact WHERE a.id = :id ORDER BY i.field"),
                   relatives(session,
                             "SELECT c.id, c.name, c.kind, i.run FROM run_inputs i"
                             " JOIN artifacts c ON c.origin_run = i.run WHERE i.artifact = :id"
                             " ORDER BY c.id DESC LIMIT 200")};
  });
}

std::vector<TagCount> Store::tags() const {
  return reading(database_->pool, [](soci::session& session) {
    std::vector<TagCount> tags;
    const soci::rowset<soci::row> rows =
        session.prepare << "SELECT tag, CAST(COUNT(*) AS TEXT) FROM artifact_tags GROUP BY tag ORDER BY tag";
    for (const soci::row& row : rows)
      tags.push_back({row.get<std::string>(0), std::stoll(row.get<std::string>(1))});
    return tags;
  });
}

Counts Store::counts() const {
  return reading(database_->pool, [](soci::session& session) {
    long long artifacts = 0, queued = 0, running = 0;
    session << "SELECT (SELECT COUNT(*) FROM artifacts),"
               " (SELECT COUNT(*) FROM runs WHERE state = 'queued'),"
               " (SELECT COUNT(*) FROM runs WHERE state = 'running')",
        into(artifacts), into(queued), into(running);
    return Counts{artifacts, queued, running};
  });
}

std::vector<std::string> Store::runs_with_input(const std::string& artifact) const {
  return reading(database_->pool, [&](soci::session& session) {
    std::vector<std::string> runs;
    const soci::rowset<std::string> rows =
        (session.prepare << "SELECT DISTINCT run FROM run_inputs WHERE artifact = :id ORDER BY run",
         use(artifact));
    for (const std::string& run : rows) runs.push_back(run);
    return runs;
  });
}

void Store::remove(const std::vector<std::string>& artifacts, const std::vector<std::string>& runs) {
  writing(database_->pool, [&](soci::session& session) {
    for (const std::string& id : artifacts) {
      read_artifact(session, id);
      session << "DELETE FROM artifacts WHERE id = :id", use(id);
      record_change(session, "deleted artifact", id);
    }
    for (const std::string& id : runs) {
      if (!is_finished(read_run(session, id).state))
        throw Error(ErrorCode::conflict, fmt::format("run {} is not finished: cancel it first", id), "id");
      session << "DELETE FROM runs WHERE id = :id", use(id);
      record_change(session, "deleted run", id);
    }
    return true;
  });
}

std::vector<std::string> Store::objects_in_use() const {
  return reading(database_->pool, [](soci::session& session) {
    std::vector<std::string> all;
    const soci::rowset<std::string> rows =
        session.prepare << "SELECT sha256 FROM artifact_files UNION SELECT thumbnail FROM artifacts "
                           "WHERE thumbnail <> '' ORDER BY 1";
    for (const std::string& row : rows) all.push_back(row);
    return all;
  });
}

}  // namespace sg::platform
