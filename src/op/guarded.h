#pragma once
#include <exception>
#include <filesystem>
#include <new>
#include <string>

#include "core/error.h"

namespace sg::op {

/// Calls `step` and turns whatever it throws into an Error, at `field` unless it names one already.
template <class F>
auto guarded(const std::string& field, F step) {
  try {
    return step();
  } catch (const Error& e) {
    if (e.field().empty() && !field.empty() && e.code() != ErrorCode::cancelled) throw e.at(field);
    throw;
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::resource, "not enough memory", field);
  } catch (const std::filesystem::filesystem_error& e) {
    throw Error(ErrorCode::resource, e.what(), field);
  } catch (const std::exception& e) {
    throw Error(ErrorCode::internal, std::string("an unforeseen failure: ") + e.what(), field);
  }
}

}  // namespace sg::op
