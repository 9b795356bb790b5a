#include <fmt/format.h>

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
  record_change(session, "run", r.id);
}

}  // namespace

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

void Store::add(const std::vector<Run>& runs) {
  writing(database_->pool, [&](soci::session& session) {
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
    return true;
  });
}

Run Store::run(const std::string& id) const {
  return reading(database_->pool, [&](soci::session& session) { return read_run(session, id); });
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
    if (read_run(session, id).state != RunState::queued) return false;
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
               "record = :record WHERE id = :id",
        use(state), use(time), use(outputs), use(units), use(error), use(warnings), use(run.seconds),
        use(run.cpu_seconds), use(memory), use(record), use(run.id);
    for (const Artifact& artifact : made) insert_artifact(session, artifact);
    record_change(session, "run", run.id);
    return true;
  });
}

bool Store::request_cancel(const std::string& id) {
  return writing(database_->pool, [&](soci::session& session) {
    const RunState state = read_run(session, id).state;
    if (is_finished(state)) return false;
    const std::string time = now();
    if (state == RunState::queued) {
      session << "UPDATE runs SET state = 'cancelled', finished = :now, cancel_requested = 1 WHERE id = :id",
          use(time), use(id);
    } else {
      session << "UPDATE runs SET cancel_requested = 1 WHERE id = :id", use(id);
    }
    record_change(session, "run", id);
    return true;
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
