#pragma once
#include <httplib.h>

#include <string>
#include <vector>

#include "core/error.h"
#include "op/json.h"
#include "platform/store.h"

namespace sg::server {

using op::Json;

/// A request under /api/v1 that a route was found for. Text is as sent, percent-decoded.
struct Call {
  const httplib::Request& request;
  httplib::Response& response;
  const httplib::ContentReader* body = nullptr;
  bool* body_was_read = nullptr;   // set by whoever has read the body to its end
  std::vector<std::string> names;  // what stood for the {…} of the route's path, in order

  std::string query(const char* name, const std::string& otherwise = "") const;
  /// A whole number in the query. Throws invalid_input naming the range.
  int number(const char* name, int otherwise, int low, int high) const;
  /// One of a few words in the query, or `otherwise`. Throws invalid_input naming them.
  std::string choice(const char* name, const std::vector<std::string>& choices,
                     const std::string& otherwise) const;
  /// The body as text of at most 8 MiB.
  std::string text() const;
  /// The body piece by piece, the second form its parts. False if it was cut off or is not well formed.
  bool read(const httplib::ContentReceiver& receiver) const;
  bool read(const httplib::MultipartContentHeader& part, const httplib::ContentReceiver& receiver) const;
  /// The body as a JSON object. Throws Malformed for what is not JSON.
  Json json() const;
  void reply(int status, const Json& json) const;
};

/// A body that is not what its form says: 400, where a well-formed but wrong one is 422.
class Malformed : public Error {
 public:
  using Error::Error;
};

/// A parameter in the query, as the description of the API shows it.
struct Parameter {
  std::string name, description;
  std::string type = "string";
  std::vector<std::string> choices;
};

struct Services;

/// A path of the API: what it does, in words and in code. The description of the API is made of these.
struct Route {
  std::string method;  // GET also answers HEAD
  std::string path;    // "/artifacts/{id}/content"
  std::string summary;
  /// Throws sg::Error; whoever calls turns it into a problem.
  void (*answer)(const Services& services, const Call& call) = nullptr;
  std::string takes;  // name of the schema of the body; "" = none, "bytes" = any bytes
  std::string gives;  // of the answer; "" = none, else a schema or a media type
  int status = 200;
  std::vector<Parameter> query;
};

/// Everything but letters, digits, dot, dash and underscore as %XX.
std::string percent_encoded(const std::string& text);

/// Writes a problem (RFC 9457) as the response.
void reply_problem(httplib::Response& response, const Error& error, int status = 0);

/// A part of a list, with the cursor of the next.
template <class T>
Json page_json(const platform::Page<T>& page) {
  Json items = Json::array();
  for (const T& item : page.items) items.push_back(to_json(item));
  return {
      {"items", items}, {"next", page.next.empty() ? Json(nullptr) : Json(page.next)}, {"total", page.total}};
}

/// The parameters of every list.
std::vector<Parameter> with_paging(std::vector<Parameter> parameters);

}  // namespace sg::server
