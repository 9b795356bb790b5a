#include <fmt/format.h>

#include <algorithm>

#include "platform/store_database.h"

namespace sg::platform {
namespace {

using soci::into;
using soci::use;

Json parsed(const std::string& text) { return op::parse_json(text, "run record"); }

constexpr const char* columns =
    "id, operation, title, version, state, created, started, finished, CAST(seed AS TEXT), "
    "parameters, wanted, "
    "outputs, units, error, warnings, CAST(seconds AS TEXT), CAST(cpu_seconds AS TEXT), "
    "CAST(peak_memory AS TEXT), "
    "record, cache_key, cached_from, pipeline, step, CAST(process AS TEXT), CAST(process_start AS TEXT), "
    "CAST(cancel_requested AS TEXT)";

/// The columns come in their order.
class RowReader {
 public:
  explicit RowReader(const soci::row& row) : row_(row) {}
  std::string text() { return row_.get<std::string>(next_++); }
  std::int64_t integer() { return std::stoll(text()); }
  double real() { return std::stod(text()); }
  Json json() { return parsed(text()); }

 private:
  const soci::row& row_;
  std::size_t next_ = 0;
};

Run run_of(const soci::row& row) {
  RowReader next(row);
  Run r;
  r.id = next.text();
  r.operation = next.text();
  r.title = next.text();
  r.version = next.text();
  r.state = run_state(next.text());
  r.created = next.text();
  r.started = next.text();
  r.finished = next.text();
  r.seed = next.integer();
  r.parameters = next.json();
  r.wanted = next.json().get<std::vector<std::string>>();
  r.outputs = next.json();
  r.units = next.json();
  r.error = next.json();
  r.warnings = next.json().get<std::vector<std::string>>();
  r.seconds = next.real();
  r.cpu_seconds = next.real();
  r.peak_memory = next.integer();
  r.record = next.json();
  r.cache_key = next.text();
  r.cached_from = next.text();
  r.pipeline = next.text();
  r.step = next.text();
  r.process = next.integer();
  r.process_start = next.integer();
  r.cancel_requested = next.integer() != 0;
  return r;
}

void read_inputs(soci::session& session, Run& r) {
  const soci::rowset<soci::row> rows =
      (session.prepare << "SELECT field, artifact FROM run_inputs WHERE run = :id", use(r.id));
  for (const soci::row& row : rows) r.inputs[row.get<std::string>(0)] = row.get<std::string>(1);
  const soci::rowset<soci::row> links =
      (session.prepare << "SELECT l.field, l.source, l.output, COALESCE(s.state, 'succeeded')"
                          " FROM run_links l LEFT JOIN runs s ON s.id = l.source WHERE l.run = :id",
       use(r.id));
  for (const soci::row& row : links) {
    r.links.push_back({row.get<std::string>(0), row.get<std::string>(1), row.get<std::string>(2),
                       is_finished(run_state(row.get<std::string>(3)))});
  }
}

void insert_run(soci::session& session, const Run& r) {
  const std::string state(name(r.state)), parameters = op::dump(r.parameters), wanted = op::dump(r.wanted),
                                          outputs = op::dump(r.outputs), units = op::dump(r.units),
                                          error = op::dump(r.error), warnings = op::dump(r.warnings),
                                          record = op::dump(r.record);
  const long long seed = r.seed, memory = r.peak_memory, process = r.process, start = r.process_start;
  const int cancel = r.cancel_requested ? 1 : 0;
  session
      << "INSERT INTO runs VALUES (:id, :operation, :title, :version, :state, :created, :started, :finished, "
         ":seed, :parameters, :wanted, :outputs, :units, :error, :warnings, :seconds, :cpu, "
         ":memory, :record, "
         ":key, :from, :pipeline, :step, :process, :start, :cancel)",
      use(r.id), use(r.operation), use(r.title), use(r.version), use(state), use(r.created), use(r.started),
      use(r.finished), use(seed), use(parameters), use(wanted), use(outputs), use(units), use(error),
      use(warnings), use(r.seconds), use(r.cpu_seconds), use(memory), use(record), use(r.cache_key),
      use(r.cached_from), use(r.pipeline), use(r.step), use(process), use(start), use(cancel);
  for (const auto& [field, artifact] : r.inputs)
    session << "INSERT INTO run_inputs VALUES (:run, :field, :artifact)", use(r.id), use(field),
        use(artifact);
  for (const Link& link : r.links)
    session << "INSERT INTO run_links VALUES (:run, :field, :source, :output)", use(r.id), use(link.field),
        use(link.source), use(link.output);
  record_change(session, "run", r.id);
}

/// Ends a run that has not begun, and with it what waits for it.
bool cancel_queued(soci::session& session, Run run, const std::string& why) {
  const std::string time = now();
  run.state = RunState::cancelled;
  if (!why.empty()) run.error = op::problem(Error(ErrorCode::cancelled, why));
  const std::string error = op::dump(run.error);
  session << "UPDATE runs SET state = 'cancelled', finished = :now, error = :error WHERE id = :id", use(time),
      use(error), use(run.id);
  record_change(session, "run", run.id);
  hand_on(session, run);
  return true;
}

}  // namespace

void hand_on(soci::session& session, const Run& finished) {
  const soci::rowset<soci::row> rows =
      (session.prepare << "SELECT l.run, l.field, l.output FROM run_links l JOIN runs r ON r.id = l.run"
                          " WHERE l.source = :id AND r.state = 'queued'",
       use(finished.id));
  std::vector<Link> links;  // source: here the run that waits
  for (const soci::row& row : rows)
    links.push_back({row.get<std::string>(1), row.get<std::string>(0), row.get<std::string>(2), true});
  for (const Link& link : links) {
    Run waiting = read_run(session, link.source);
    if (is_finished(waiting.state)) continue;  // by an earlier link
    if (!finished.outputs.contains(link.output)) {
      cancel_queued(session, std::move(waiting),
                    fmt::format("{} needs {} of run {}, which ended without it ({})", link.field, link.output,
                                finished.id, name(finished.state)));
      continue;
    }
    const Json& output = finished.outputs[link.output];
    if (output.contains("artifact")) {
      const std::string artifact = output["artifact"].get<std::string>();
      session << "INSERT INTO run_inputs VALUES (:run, :field, :artifact)", use(waiting.id), use(link.field),
          use(artifact);
    } else {
      waiting.parameters[link.field] = output["value"];
      const std::string parameters = op::dump(waiting.parameters);
      session << "UPDATE runs SET parameters = :parameters WHERE id = :id", use(parameters), use(waiting.id);
    }
    record_change(session, "run", waiting.id);
  }
}

std::string standing_id(soci::session& session, const Once& once, const std::string& id) {
  if (once.key.empty()) return id;
  session << "DELETE FROM requests WHERE at < unixepoch() - 86400";
  std::string digest, known;
  session << "SELECT digest, id FROM requests WHERE key = :key", into(digest), into(known), use(once.key);
  if (known.empty()) {
    session << "INSERT INTO requests (key, digest, id) VALUES (:key, :digest, :id)", use(once.key),
        use(once.digest), use(id);
    return id;
  }
  if (digest != once.digest) {
    throw Error(ErrorCode::conflict,
                fmt::format("the Idempotency-Key {} came with another request before", once.key),
                "Idempotency-Key");
  }
  return known;
}

Run read_run(soci::session& session, const std::string& id) {
  const soci::rowset<soci::row> rows =
      (session.prepare << fmt::format("SELECT {} FROM runs WHERE id = :id", columns), use(id));
  for (const soci::row& row : rows) {
    Run r = run_of(row);
    read_inputs(session, r);
    return r;
  }
  throw Error(ErrorCode::not_found, fmt::format("there is no run {}", id), "id");
}

std::string Store::add(const std::vector<Run>& runs, const Once& once, const Pipeline& pipeline) {
  return writing(database_->pool, [&](soci::session& session) {
    const std::string& own = pipeline.id.empty() ? runs.at(0).id : pipeline.id;
    std::string id = standing_id(session, once, own);
    if (id != own) return id;
    if (!pipeline.id.empty()) {
      session << "INSERT INTO pipelines VALUES (:id, :title, :created)", use(pipeline.id),
          use(pipeline.title), use(pipeline.created);
    }
    for (const Run& run : runs) {
      for (const auto& [field, artifact] : run.inputs) {
        try {
          read_artifact(session, artifact);
        } catch (const Error& error) {
          throw error.at(field);
        }
      }
      insert_run(session, run);
    }
    for (const Run& run : runs) {
      if (is_finished(run.state)) hand_on(session, run);
    }
    return id;
  });
}

Run Store::run(const std::string& id) const {
  return reading(database_->pool, [&](soci::session& session) { return read_run(session, id); });
}

bool Store::has_run(const std::string& id) const {
  return reading(database_->pool, [&](soci::session& session) {
    int found = 0;
    session << "SELECT COUNT(*) FROM runs WHERE id = :id", into(found), use(id);
    return found == 1;
  });
}

Page<Run> Store::runs(const RunQuery& query) const {
  const std::string state = query.state ? std::string(name(*query.state)) : "";
  const std::string where =
      " FROM runs WHERE (:state = '' OR state = :state) AND (:operation = '' OR operation = :operation)"
      " AND (:pipeline = '' OR pipeline = :pipeline)"
      " AND (:artifact = '' OR id IN (SELECT run FROM run_inputs WHERE artifact = :artifact)"
      "      OR id IN (SELECT origin_run FROM artifacts WHERE id = :artifact))";
  return reading(database_->pool, [&](soci::session& session) {
    Page<Run> page;
    long long total = 0;
    session << "SELECT COUNT(*)" + where, into(total), use(state, "state"), use(query.operation, "operation"),
        use(query.pipeline, "pipeline"), use(query.artifact, "artifact");
    page.total = total;
    const int more = query.limit + 1;
    const soci::rowset<soci::row> rows =
        (session.prepare << fmt::format(
             "SELECT {}{} AND (:before = '' OR id < :before) ORDER BY id DESC LIMIT :n", columns, where),
         use(state, "state"), use(query.operation, "operation"), use(query.pipeline, "pipeline"),
         use(query.artifact, "artifact"), use(query.before, "before"), use(more, "n"));
    for (const soci::row& row : rows) page.items.push_back(run_of(row));
    if (std::ssize(page.items) > query.limit) {
      page.items.pop_back();
      page.next = page.items.back().id;
    }
    for (Run& run : page.items) read_inputs(session, run);
    return page;
  });
}

bool Store::claim(const std::string& id, std::int64_t process, std::int64_t process_start) {
  return writing(database_->pool, [&](soci::session& session) {
    const Run run = read_run(session, id);
    const bool waits =
        std::any_of(run.links.begin(), run.links.end(), [](const Link& link) { return !link.settled; });
    if (run.state != RunState::queued || waits) return false;
    const long long pid = process, start = process_start;
    const std::string time = now();
    session << "UPDATE runs SET state = 'running', started = :now, process = :pid, process_start = :start "
               "WHERE id = :id",
        use(time), use(pid), use(start), use(id);
    record_change(session, "run", id);
    return true;
  });
}

bool Store::finish(const Run& run, const std::vector<Artifact>& made) {
  return writing(database_->pool, [&](soci::session& session) {
    const Run before = read_run(session, run.id);
    if (before.state != RunState::running) return false;
    const std::string state(name(run.state)), outputs = op::dump(run.outputs), units = op::dump(run.units),
                                              error = op::dump(run.error), warnings = op::dump(run.warnings),
                                              record = op::dump(run.record), time = now();
    const long long memory = run.peak_memory;
    session << "UPDATE runs SET state = :state, finished = :now, outputs = :outputs, units = :units, "
               "error = :error, "
               "warnings = :warnings, seconds = :seconds, cpu_seconds = :cpu, peak_memory = :memory, "
               "record = :record, cache_key = :key, cached_from = :from WHERE id = :id",
        use(state), use(time), use(outputs), use(units), use(error), use(warnings), use(run.seconds),
        use(run.cpu_seconds), use(memory), use(record), use(run.cache_key), use(run.cached_from), use(run.id);
    for (const Artifact& artifact : made) insert_artifact(session, artifact);
    record_change(session, "run", run.id);
    hand_on(session, run);
    return true;
  });
}

bool Store::request_cancel(const std::string& id) {
  return writing(database_->pool, [&](soci::session& session) {
    Run run = read_run(session, id);
    if (is_finished(run.state)) return false;
    session << "UPDATE runs SET cancel_requested = 1 WHERE id = :id", use(id);
    if (run.state == RunState::queued) return cancel_queued(session, std::move(run), "");
    record_change(session, "run", id);
    return true;
  });
}

std::vector<std::string> Store::ready_runs(int limit) const {
  return reading(database_->pool, [&](soci::session& session) {
    const soci::rowset<std::string> rows =
        (session.prepare << "SELECT id FROM runs r WHERE state = 'queued' AND NOT EXISTS ("
                            " SELECT 1 FROM run_links l JOIN runs s ON s.id = l.source"
                            " WHERE l.run = r.id AND s.state IN ('queued', 'running')) ORDER BY id LIMIT :n",
         use(limit));
    return std::vector<std::string>(rows.begin(), rows.end());
  });
}

Page<Pipeline> Store::pipelines(const std::string& before, int limit) const {
  return reading(database_->pool, [&](soci::session& session) {
    Page<Pipeline> page;
    long long total = 0;
    session << "SELECT COUNT(*) FROM pipelines", into(total);
    page.total = total;
    const int more = limit + 1;
    const soci::rowset<soci::row> rows =
        (session.prepare << "SELECT id, title, created FROM pipelines WHERE :before = '' OR id < :before"
                            " ORDER BY id DESC LIMIT :n",
         use(before, "before"), use(more, "n"));
    for (const soci::row& row : rows)
      page.items.push_back({row.get<std::string>(0), row.get<std::string>(1), row.get<std::string>(2)});
    if (std::ssize(page.items) > limit) {
      page.items.pop_back();
      page.next = page.items.back().id;
    }
    return page;
  });
}

Pipeline Store::pipeline(const std::string& id) const {
  return reading(database_->pool, [&](soci::session& session) {
    Pipeline found;
    session << "SELECT id, title, created FROM pipelines WHERE id = :id", into(found.id), into(found.title),
        into(found.created), use(id);
    if (found.id.empty()) throw Error(ErrorCode::not_found, fmt::format("there is no pipeline {}", id), "id");
    return found;
  });
}

std::optional<Run> Store::cached(const std::string& key) const {
  return reading(database_->pool, [&](soci::session& session) -> std::optional<Run> {
    const soci::rowset<std::string> rows =
        (session.prepare
             << "SELECT id FROM runs WHERE cache_key = :key AND state = 'succeeded' ORDER BY id DESC",
         use(key));
    for (const std::string& id : rows) {
      Run run = read_run(session, id);
      bool whole = true;
      for (const auto& [field, output] : run.outputs.items()) {
        if (!output.contains("artifact")) continue;
        int found = 0;
        const std::string artifact = output["artifact"].get<std::string>();
        session << "SELECT COUNT(*) FROM artifacts WHERE id = :id", into(found), use(artifact);
        whole = whole && found == 1;
      }
      if (whole) return run;
    }
    return std::nullopt;
  });
}

}  // namespace sg::platform
