#include "platform/store.h"

#include <fmt/format.h>

#include "platform/store_database.h"
// after store_database.h, which sets SOCI up
#include <soci/sqlite3/soci-sqlite3.h>

namespace sg::platform {
namespace {

constexpr int schema_version = 1;
constexpr int connections = 8;

constexpr const char* schema[] = {
    "CREATE TABLE artifacts (id TEXT PRIMARY KEY, kind TEXT NOT NULL, state TEXT NOT NULL, problem "
    "TEXT NOT NULL,"
    " name TEXT NOT NULL, format TEXT NOT NULL, created TEXT NOT NULL, notes TEXT NOT NULL,"
    " origin_run TEXT NOT NULL, origin_output TEXT NOT NULL, properties TEXT NOT NULL, thumbnail "
    "TEXT NOT NULL)",
    "CREATE INDEX artifacts_by_kind ON artifacts (kind, id)",
    "CREATE INDEX artifacts_to_inspect ON artifacts (id) WHERE state = 'inspecting'",
    "CREATE INDEX artifacts_by_run ON artifacts (origin_run) WHERE origin_run <> ''",
    "CREATE TABLE artifact_files (artifact TEXT NOT NULL REFERENCES artifacts ON DELETE CASCADE,"
    " number INTEGER NOT NULL, path TEXT NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL,"
    " PRIMARY KEY (artifact, number)) WITHOUT ROWID",
    "CREATE INDEX files_by_content ON artifact_files (sha256)",
    "CREATE TABLE artifact_tags (artifact TEXT NOT NULL REFERENCES artifacts ON DELETE CASCADE, tag "
    "TEXT NOT NULL,"
    " PRIMARY KEY (artifact, tag)) WITHOUT ROWID",
    "CREATE INDEX tags_by_name ON artifact_tags (tag)",
    "CREATE TABLE runs (id TEXT PRIMARY KEY, operation TEXT NOT NULL, title TEXT NOT NULL, version "
    "TEXT NOT NULL,"
    " state TEXT NOT NULL, created TEXT NOT NULL, started TEXT NOT NULL, finished TEXT NOT NULL,"
    " seed INTEGER NOT NULL, parameters TEXT NOT NULL, wanted TEXT NOT NULL, outputs TEXT NOT NULL,"
    " units TEXT NOT NULL, error TEXT NOT NULL, warnings TEXT NOT NULL, seconds REAL NOT NULL,"
    " cpu_seconds REAL NOT NULL, peak_memory INTEGER NOT NULL, record TEXT NOT NULL, cache_key TEXT NOT NULL,"
    " cached_from TEXT NOT NULL, pipeline TEXT NOT NULL, step TEXT NOT NULL, process INTEGER NOT NULL,"
    " process_start INTEGER NOT NULL, cancel_requested INTEGER NOT NULL)",
    "CREATE INDEX runs_by_state ON runs (state, id)",
    "CREATE INDEX runs_by_key ON runs (cache_key) WHERE state = 'succeeded'",
    "CREATE INDEX runs_by_pipeline ON runs (pipeline) WHERE pipeline <> ''",
    // An input may be deleted while the run that took it stays: no foreign key to artifacts.
    "CREATE TABLE run_inputs (run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, field TEXT NOT NULL,"
    " artifact TEXT NOT NULL, PRIMARY KEY (run, field)) WITHOUT ROWID",
    "CREATE INDEX inputs_by_artifact ON run_inputs (artifact)",
    // A source may be deleted after it has handed on what it made.
    "CREATE TABLE run_links (run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, field TEXT NOT NULL,"
    " source TEXT NOT NULL, output TEXT NOT NULL, PRIMARY KEY (run, field)) WITHOUT ROWID",
    "CREATE INDEX links_by_source ON run_links (source)",
    "CREATE TABLE pipelines (id TEXT PRIMARY KEY, title TEXT NOT NULL, created TEXT NOT NULL)",
    "CREATE TABLE requests (key TEXT PRIMARY KEY, digest TEXT NOT NULL, id TEXT NOT NULL,"
    " at INTEGER NOT NULL DEFAULT (unixepoch()))",
    "CREATE TABLE changes (number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL)",
};

std::string uri(const std::filesystem::path& file) {
  if (file.string().find('"') != std::string::npos)
    throw Error(ErrorCode::invalid_input,
                fmt::format("a workspace cannot lie in a folder with a \": {}", file.string()));
  return fmt::format("db=\"{}\" timeout=20", file.string());
}

void prepare(soci::session& session) {
  std::string mode;
  session << "PRAGMA journal_mode = WAL", soci::into(mode);
  session << "PRAGMA synchronous = FULL";  // what was acknowledged survives a power failure
  session << "PRAGMA foreign_keys = ON";
}

void migrate(soci::session& session) {
  int version = 0;
  session << "PRAGMA user_version", soci::into(version);
  if (version > schema_version) {
    throw Error(ErrorCode::unsupported_format,
                fmt::format("the workspace has format {}, this program knows {}: use a newer one", version,
                            schema_version));
  }
  if (version == schema_version) return;
  for (const char* statement : schema) session << statement;
  session << fmt::format("PRAGMA user_version = {}", schema_version);
}

}  // namespace

void translate(const soci::soci_error& error) {
  const std::string text = error.get_error_message();
  const auto* sqlite = dynamic_cast<const soci::sqlite3_soci_error*>(&error);
  constexpr int busy = 5, locked = 6, full = 13, cannot_open = 14, damaged = 11, not_a_database = 26;
  switch (sqlite != nullptr ? sqlite->result() & 255 : 0) {
    case busy:
    case locked: throw Error(ErrorCode::unavailable, "the workspace is locked by another process: " + text);
    case full: throw Error(ErrorCode::resource, "the disk of the workspace is full: " + text);
    case cannot_open: throw Error(ErrorCode::not_found, "the workspace cannot be opened: " + text);
    case damaged:
    case not_a_database:
      throw Error(ErrorCode::invalid_input, "the workspace's database is damaged: " + text);
    default: throw Error(ErrorCode::internal, "workspace: " + text);
  }
}

Store::Database::Database(const std::filesystem::path& file) : pool(connections) {
  try {
    for (std::size_t i = 0; i < connections; ++i) {
      soci::session& session = pool.at(i);
      session.open(soci::sqlite3, uri(file));
      prepare(session);
    }
  } catch (const soci::soci_error& error) {
    translate(error);
  }
  writing(pool, [](soci::session& session) {
    migrate(session);
    return true;
  });
}

Store::Store(const std::filesystem::path& file) : database_(std::make_unique<Database>(file)) {}
Store::~Store() = default;

void record_change(soci::session& session, const std::string& kind, const std::string& id) {
  session << "INSERT INTO changes (kind, id) VALUES (:kind, :id)", soci::use(kind), soci::use(id);
}

std::int64_t Store::last_change() const {
  return reading(database_->pool, [](soci::session& session) {
    long long number = 0;
    session << "SELECT COALESCE(MAX(number), 0) FROM changes", soci::into(number);
    return std::int64_t{number};
  });
}

std::vector<Change> Store::changes_since(std::int64_t number, int limit) const {
  return reading(database_->pool, [&](soci::session& session) {
    std::vector<Change> changes;
    const long long after = number;
    const soci::rowset<soci::row> rows =
        (session.prepare
             << "SELECT CAST(number AS TEXT), kind, id FROM changes WHERE number > :after ORDER BY "
                "number LIMIT :n",
         soci::use(after), soci::use(limit));
    for (const soci::row& row : rows) {
      changes.push_back(
          {std::stoll(row.get<std::string>(0)), row.get<std::string>(1), row.get<std::string>(2)});
    }
    return changes;
  });
}

std::vector<std::string> Store::check() const {
  return reading(database_->pool, [](soci::session& session) {
    std::vector<std::string> problems;
    const soci::rowset<std::string> rows = session.prepare << "PRAGMA integrity_check";
    for (const std::string& row : rows) {
      if (row != "ok") problems.push_back("database: " + row);
    }
    return problems;
  });
}

void Store::backup(const std::filesystem::path& file) const {
  try {
    soci::session session(database_->pool);
    std::string quoted;
    for (const char c : file.string()) quoted += c == '\'' ? "''" : std::string(1, c);
    session << "VACUUM INTO '" + quoted + "'";
  } catch (const soci::soci_error& error) {
    translate(error);
  }
}

}  // namespace sg::platform
