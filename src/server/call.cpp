#include "server/call.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace sg::server {
namespace {
constexpr std::size_t most_json = 8 << 20;
}

std::string Call::query(const char* name, const std::string& otherwise) const {
  return request.has_param(name) ? request.get_param_value(name) : otherwise;
}

int Call::number(const char* name, int otherwise, int low, int high) const {
  if (!request.has_param(name)) return otherwise;
  const std::string text = request.get_param_value(name);
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < low || value > high) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("{} is \"{}\", expected a whole number from {} to {}", name, text, low, high),
                name);
  }
  return value;
}

std::string Call::choice(const char* name, const std::vector<std::string>& choices,
                         const std::string& otherwise) const {
  std::string word = query(name, otherwise);
  if (word != otherwise && std::find(choices.begin(), choices.end(), word) == choices.end()) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("{} is {}, expected one of {}", name, word, fmt::join(choices, ", ")), name);
  }
  return word;
}

std::string Call::text() const {
  if (request.is_multipart_form_data())
    throw Malformed(ErrorCode::invalid_input, "the body is a form, expected a JSON object");
  std::string text;
  const bool whole = read([&](const char* data, std::size_t size) {
    text.append(data, size);
    return text.size() <= most_json;
  });
  if (!whole)
    throw Malformed(ErrorCode::invalid_input,
                    fmt::format("the body is cut off or longer than {} bytes", most_json));
  return text;
}

bool Call::read(const httplib::ContentReceiver& receiver) const { return *body_was_read = (*body)(receiver); }

bool Call::read(const httplib::MultipartContentHeader& part, const httplib::ContentReceiver& receiver) const {
  return *body_was_read = (*body)(part, receiver);
}

Json Call::json() const {
  const std::string body_text = text();
  Json json = Json::object();
  try {
    if (!body_text.empty()) json = op::parse_json(body_text, "the body");
  } catch (const Error& error) {
    throw Malformed(error.code(), error.what());
  }
  if (!json.is_object())
    throw Malformed(ErrorCode::invalid_input,
                    fmt::format("the body is {}, expected a JSON object", json.type_name()));
  return json;
}

void Call::reply(int status, const Json& json) const {
  response.status = status;
  response.set_content(op::dump(json), "application/json");
}

std::string percent_encoded(const std::string& text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '_';
    encoded += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

void reply_problem(httplib::Response& response, const Error& error, int status) {
  Json problem = op::problem(error);
  if (status != 0) problem["status"] = status;
  response.status = problem["status"].get<int>();
  response.set_content(op::dump(problem), "application/problem+json");
}

std::vector<Parameter> with_paging(std::vector<Parameter> parameters) {
  parameters.push_back({"limit", "how many, 1 to 500; 50 by default", "integer", {}});
  parameters.push_back({"cursor", "\"next\" of the part before", "string", {}});
  return parameters;
}

}  // namespace sg::server
