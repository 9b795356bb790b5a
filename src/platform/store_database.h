#pragma once
#include <soci/soci-config.h>
// Only templates of the headers look at this; without it the build does not need Boost (135 MB).
#undef SOCI_HAVE_BOOST
#include <soci/soci.h>

#include <string>
#include <utility>

#include "core/error.h"
#include "platform/store.h"

namespace sg::platform {

/// The connections behind a Store; for store_*.cpp only.
struct Store::Database {
  explicit Database(const std::filesystem::path& file);
  mutable soci::connection_pool pool;
};

/// Rethrows what SOCI threw as our own error.
[[noreturn]] void translate(const soci::soci_error& error);

/// Reads by `work(session)`; all of it sees one state of the database.
template <class Work>
auto reading(soci::connection_pool& pool, const Work& work) {
  try {
    soci::session session(pool);
    soci::transaction snapshot(session);
    auto result = work(session);
    snapshot.commit();
    return result;
  } catch (const soci::soci_error& error) {
    translate(error);
  }
}

/// Writes by `work(session)`, whole or not at all.
template <class Work>
auto writing(soci::connection_pool& pool, const Work& work) {
  try {
    soci::session session(pool);
    // Taken at once: a transaction that begins reading and then wants to write may find that it cannot.
    session << "BEGIN IMMEDIATE";
    try {
      auto result = work(session);
      session << "COMMIT";
      return result;
    } catch (...) {
      try {
        session << "ROLLBACK";
      } catch (const soci::soci_error&) {  // already rolled back by the database
      }
      throw;
    }
  } catch (const soci::soci_error& error) {
    translate(error);
  }
}

void record_change(soci::session& session, const std::string& kind, const std::string& id);
Artifact read_artifact(soci::session& session, const std::string& id);
Run read_run(soci::session& session, const std::string& id);
void insert_artifact(soci::session& session, const Artifact& artifact);
/// The id that a request of this key made before; else writes down that it is `id`, and returns that.
std::string standing_id(soci::session& session, const Once& once, const std::string& id);
/// Hands what a run made to those that wait for it; cancels them if it ended without.
void hand_on(soci::session& session, const Run& finished);

}  // namespace sg::platform
