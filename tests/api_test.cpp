// What programs build on: pipelines, requests that count once, forms, archives, sessions, and that the
// published description tells the truth.

#include <fstream>

#include "io/archive.h"
#include "server_fixture.h"

namespace sg::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

/// The mistakes of `value` against a JSON Schema: the keywords that the description uses, references resolved
/// in `schemas`.
class SchemaCheck {
 public:
  explicit SchemaCheck(const Json& schemas) : schemas_(schemas) {}

  std::vector<std::string> mistakes(const Json& value, const Json& schema, const std::string& at = "") const {
    std::vector<std::string> found;
    const auto add = [&](std::vector<std::string> more) {
      found.insert(found.end(), more.begin(), more.end());
    };
    if (schema.contains("$ref")) {
      const std::string name = schema["$ref"].get<std::string>();
      return mistakes(value, schemas_.at(name.substr(name.rfind('/') + 1)), at);
    }
    if (schema.contains("allOf"))
      for (const Json& part : schema["allOf"]) add(mistakes(value, part, at));
    if (schema.contains("oneOf")) {
      int fitting = 0;
      for (const Json& part : schema["oneOf"]) fitting += mistakes(value, part, at).empty() ? 1 : 0;
      if (fitting != 1) found.push_back(at + " fits " + std::to_string(fitting) + " of oneOf");
    }
    if (schema.contains("const") && value != schema["const"]) found.push_back(at + " is " + op::dump(value));
    if (schema.contains("enum") &&
        std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end())
      found.push_back(at + " is " + op::dump(value));
    if (schema.contains("type") && !has_type(value, schema["type"]))
      found.push_back(at + " is " + value.type_name() + ", not " + op::dump(schema["type"]));
    for (const Json& name : schema.value("required", Json::array()))
      if (!value.contains(name.get<std::string>())) found.push_back(at + " lacks " + name.get<std::string>());
    if (value.is_object() && schema.contains("properties")) {
      for (const auto& [name, member] : value.items()) {
        if (schema["properties"].contains(name))
          add(mistakes(member, schema["properties"][name], at + "." + name));
        else if (!schema.contains("required") ||
                 schema.value("additionalProperties", Json(true)) == Json(false))
          found.push_back(at + " has the undescribed " + name);
      }
    }
    if (value.is_array() && schema.contains("items"))
      for (const Json& item : value) add(mistakes(item, schema["items"], at + "[]"));
    return found;
  }

 private:
  static bool has_type(const Json& value, const Json& type) {
    if (type.is_array())
      return std::any_of(type.begin(), type.end(), [&](const Json& one) { return has_type(value, one); });
    const std::string name = type.get<std::string>();
    return (name == "object" && value.is_object()) || (name == "array" && value.is_array()) ||
           (name == "string" && value.is_string()) || (name == "boolean" && value.is_boolean()) ||
           (name == "null" && value.is_null()) || (name == "integer" && value.is_number_integer()) ||
           (name == "number" && value.is_number());
  }
  const Json& schemas_;
};

class ApiTest : public ServerTest {
 protected:
  std::string id_of(const Json& json) const { return json["id"].get<std::string>(); }
  Json finished(const std::string& run) const {
    return wait_for("runs/" + run, [](const Json& r) { return r.contains("finished"); });
  }
  Json artifacts_at_rest() const {
    return wait_for("artifacts?limit=500", [](const Json& page) {
      return std::none_of(page["items"].begin(), page["items"].end(),
                          [](const Json& a) { return a["state"] == "inspecting"; });
    });
  }
  /// A resampling of `image`, as a request.
  static std::string resample(const std::string& image) {
    return R"({"operation":"image.resample","inputs":{"image":")" + image +
           R"("},"parameters":{"spacing":4}})";
  }
  static std::vector<std::string> names(const Json& page) {
    std::vector<std::string> all;
    for (const Json& item : page["items"]) all.push_back(item["name"].get<std::string>());
    return all;
  }
};

TEST_F(ApiTest, EveryAnswerIsAsDescribed) {
  const Json description = send("GET", "/api/openapi.json").json();
  EXPECT_EQ(description["openapi"], "3.1.0");
  const Json& schemas = description["components"]["schemas"];
  const SchemaCheck check(schemas);
  const auto is = [&](const Json& value, const std::string& schema) {
    EXPECT_THAT(check.mistakes(value, schemas.at(schema)), testing::IsEmpty()) << schema << op::dump(value);
  };
  const std::string brain = id_of(uploaded("brain.nii.gz"));
  const Json asked =
      send("POST", "/api/v1/operations/image.convert/runs", R"({"inputs":{"image":")" + brain + R"("}})")
          .json();
  is(asked, "Run");
  const Json done = finished(id_of(asked));
  is(done, "Run");
  is(get("artifacts/" + done["outputs"]["converted"]["artifact"].get<std::string>()).json(),
     "ArtifactDetail");
  is(get("artifacts").json(), "ArtifactPage");
  is(get("artifacts/" + brain + "/files").json(), "FileList");
  is(get("artifacts/" + brain + "/reach").json(), "Reach");
  is(get("artifacts/" + brain + "/frames/0").json(), "Frame");
  is(send("POST", "/api/v1/operations/ultrasound.despeckle/preview",
          R"({"inputs":{"image":")" + brain + R"("},"parameters":{"method":"lee","looks":4}})")
         .json(),
     "Preview");
  is(get("runs").json(), "RunPage");
  is(get("health").json(), "Health");
  is(get("session").json(), "Session");
  is(get("tags").json(), "TagList");
  is(get("operations").json(), "Catalogue");
  is(get("nothing").json(), "Problem");
  const Json pipeline = send("POST", "/api/v1/pipelines", R"({"steps":[)" + resample(brain) + "]}").json();
  is(pipeline, "Pipeline");
  is(get("pipelines").json(), "PipelinePage");
  // Every path and every operation stands there, and every reference leads somewhere.
  EXPECT_TRUE(description["paths"].contains("/artifacts/{id}/content"));
  for (const op::Operation& operation : operations_) {
    EXPECT_TRUE(description["paths"].contains("/operations/" + operation.name + "/runs")) << operation.name;
    EXPECT_TRUE(schemas.contains(operation.name)) << operation.name;
  }
  const std::string text = op::dump(description);
  const std::string prefix = "#/components/schemas/";
  for (std::size_t at = 0; (at = text.find(prefix, at)) != std::string::npos; ++at) {
    const std::size_t from = at + prefix.size();
    EXPECT_TRUE(schemas.contains(text.substr(from, text.find('"', from) - from)));
  }
}

TEST_F(ApiTest, APipelineHandsOnWhatItsStepsMake) {
  const std::string brain = id_of(uploaded("brain.nii.gz"));
  const std::string body =
      R"({"title":"two","steps":[{"id":"first",)" + resample(brain).substr(1) +
      R"(,{"id":"second","operation":"image.convert","inputs":{"image":"@first.resampled"}}]})";
  const Reply reply = send("POST", "/api/v1/pipelines", body);
  ASSERT_EQ(reply.status, 202) << reply.body;
  const Json pipeline = reply.json();
  ASSERT_EQ(pipeline["runs"].size(), 2u);
  const std::string first = id_of(pipeline["runs"][0]), second = id_of(pipeline["runs"][1]);
  EXPECT_EQ(pipeline["runs"][1]["needs"], Json::array({first}));
  EXPECT_EQ(pipeline["edges"],
            Json::array({{{"from", first}, {"output", "resampled"}, {"to", second}, {"input", "image"}}}));
  const Json last = finished(second);
  EXPECT_EQ(last["state"], "succeeded") << op::dump(last);
  EXPECT_EQ(last["inputs"]["image"], get("runs/" + first).json()["outputs"]["resampled"]["artifact"]);
  EXPECT_TRUE(last["needs"].empty());
  EXPECT_EQ(get("pipelines/" + id_of(pipeline)).json()["title"], "two");
  const Json made = get("artifacts/" + last["inputs"]["image"].get<std::string>()).json();
  EXPECT_EQ(made["parents"][0]["id"], brain);
  EXPECT_EQ(made["children"][0]["run"], second);
  // Asked again, both steps are known.
  const Json again = send("POST", "/api/v1/pipelines", body).json();
  const Json repeated = finished(id_of(again["runs"][1]));
  EXPECT_EQ(repeated["cached_from"], second);
  EXPECT_EQ(repeated["outputs"], last["outputs"]);
}

TEST_F(ApiTest, AFailedStepCancelsWhatNeedsIt) {
  const std::string table = id_of(send("POST", "/api/v1/artifacts?name=t.csv", "x\n1\n").json());
  // Not inspected yet, so its kind is not judged; the run will fail.
  const Reply reply =
      send("POST", "/api/v1/pipelines",
           R"({"steps":[{"id":"a",)" + resample(table).substr(1) +
               R"(,{"id":"b","operation":"image.convert","inputs":{"image":"@a.resampled"}}]})");
  if (reply.status == 422) GTEST_SKIP() << "inspected before the request came";
  const Json b = finished(id_of(reply.json()["runs"][1]));
  EXPECT_EQ(b["state"], "cancelled");
  EXPECT_THAT(b["error"]["detail"].get<std::string>(), HasSubstr("image needs resampled of run"));
}

TEST_F(ApiTest, PipelinesAreJudgedWhole) {
  const std::string brain = id_of(uploaded("brain.nii.gz"));
  const auto refused = [&](const std::string& steps) {
    const Reply reply = send("POST", "/api/v1/pipelines", R"({"steps":)" + steps + "}");
    EXPECT_EQ(reply.status / 100, 4) << reply.body;
    return reply.json()["detail"].get<std::string>();
  };
  const std::string a = R"({"id":"a",)" + resample(brain).substr(1);
  const auto then = [&](const std::string& reference) {
    return "[" + a + R"(,{"operation":"image.convert","inputs":{"image":")" + reference + R"("}}])";
  };
  EXPECT_THAT(refused("[]"), HasSubstr("steps is missing"));
  EXPECT_THAT(refused("[3]"), HasSubstr("step 1: a step is number"));
  EXPECT_THAT(refused(then("@b.resampled")), HasSubstr("expected @id.output of an earlier run"));
  EXPECT_THAT(refused(then("@a.resaampled")), HasSubstr("no output resaampled, did you mean"));
  EXPECT_THAT(refused("[" + a + "," + a + "]"), HasSubstr("the id a is used twice"));
  EXPECT_THAT(refused(R"([{"operation":"image.resample","inputs":{"image":"nobody"}}])"),
              HasSubstr("no artifact"));
  EXPECT_EQ(get("runs").json()["total"], 0);
}

TEST_F(ApiTest, ARequestWithAKeyCountsOnce) {
  const std::string key = "Host: localhost\r\nIdempotency-Key: 7f3a\r\n";
  const auto upload = [&](const std::string& content) {
    return send("POST", "/api/v1/artifacts?name=t.csv", content, key);
  };
  const Reply first = upload("x\n1\n");
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(upload("x\n1\n").json()["id"], first.json()["id"]);
  const Reply other = upload("x\n2\n");
  EXPECT_EQ(other.status, 409);
  EXPECT_EQ(other.json()["field"], "Idempotency-Key");
  EXPECT_EQ(get("artifacts").json()["total"], 1);

  const std::string brain = id_of(uploaded("brain.nii.gz"));
  const auto run = [&] {
    return send("POST", "/api/v1/operations/image.resample/runs",
                R"({"cache":false,"inputs":{"image":")" + brain + R"("},"parameters":{"spacing":5}})",
                "Host: localhost\r\nIdempotency-Key: run 1\r\n")
        .json()["id"];
  };
  EXPECT_EQ(run(), run());
  EXPECT_EQ(get("runs").json()["total"], 1);
}

TEST_F(ApiTest, FormsAndFoldersAreSorted) {
  const std::string nifti(io::as_text(io::read_file(fs::path(SG_EXAMPLE_DATA) / "labels.nii.gz")));
  const auto part = [](const std::string& name, const std::string& content) {
    return "--b0\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name + "\"\r\n\r\n" +
           content + "\r\n";
  };
  const std::string headers = "Host: localhost\r\nContent-Type: multipart/form-data; boundary=b0\r\n";
  const Reply one =
      send("POST", "/api/v1/artifacts?tags=x,y", part("a.csv", "x\n1\n") + "--b0--\r\n", headers);
  ASSERT_EQ(one.status, 201) << one.body;
  EXPECT_EQ(one.json()["name"], "a.csv");
  EXPECT_EQ(one.json()["tags"], Json::array({"x", "y"}));

  const Reply several =
      send("POST", "/api/v1/artifacts",
           part("study/b.csv", "y\n2\n") + part("study/atlas.nii.gz", nifti) +
               part("study/atlas.nii.txt", "1 left\n") + part("study/.DS_Store", "junk") + "--b0--\r\n",
           headers);
  ASSERT_EQ(several.status, 201) << several.body;
  EXPECT_EQ(several.json()["kind"], "folder");
  EXPECT_EQ(several.json()["name"], "study");
  const Json page = wait_for("artifacts", [](const Json& p) {
    return p["total"] == 3 && std::all_of(p["items"].begin(), p["items"].end(),
                                          [](const Json& a) { return a["state"] == "ready"; });
  });
  EXPECT_THAT(names(page), UnorderedElementsAre("a.csv", "b.csv", "atlas.nii.gz"));
  for (const Json& item : page["items"]) {
    const bool atlas = item["name"] == "atlas.nii.gz";  // it came with names of labels
    EXPECT_EQ(item["kind"], atlas ? "labels" : "table");
  }
  EXPECT_EQ(get("artifacts/" + id_of(several.json())).status, 404);

  EXPECT_EQ(send("POST", "/api/v1/artifacts", "--b0\r\ngarbage", headers).status, 400);
  EXPECT_EQ(send("POST", "/api/v1/artifacts", "--b0--\r\n", headers).status / 100, 4);
  EXPECT_EQ(get("artifacts").json()["total"], 3);
}

TEST_F(ApiTest, ArchivesComeInAndGoOut) {
  const fs::path zip = folder_ / "both.zip";
  {
    std::ofstream stream(zip, std::ios::binary);
    io::ZipWriter writer([&](std::span<const std::uint8_t> bytes) {
      stream.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
      return true;
    });
    io::write_file(folder_ / "t.csv", std::string_view("x\n1\n"));
    writer.add(fs::path(SG_EXAMPLE_DATA) / "brain.nii.gz", "../../up/brain.nii.gz");
    writer.add(folder_ / "t.csv", "in/t.csv");
    writer.finish();
  }
  const std::string bytes(io::as_text(io::read_file(zip)));
  ASSERT_EQ(send("POST", "/api/v1/artifacts?name=both.zip&tags=z", bytes).status, 201);
  const Json page = wait_for("artifacts?tag=z&state=ready", [](const Json& p) { return p["total"] == 2; });
  EXPECT_THAT(names(page), UnorderedElementsAre("brain.nii.gz", "t.csv"));
  EXPECT_FALSE(fs::exists(folder_ / "up"));

  const Reply kept = send("POST", "/api/v1/artifacts?name=kept.zip&kind=file", bytes);
  const Json a =
      wait_for("artifacts/" + id_of(kept.json()), [](const Json& j) { return j["state"] != "inspecting"; });
  EXPECT_EQ(a["files"], 1);

  const Reply damaged = send("POST", "/api/v1/artifacts?name=cut.zip", bytes.substr(0, bytes.size() / 2));
  const Json told = wait_for("artifacts/" + id_of(damaged.json()),
                             [](const Json& j) { return j["state"] == "unreadable"; });
  EXPECT_THAT(told["problem"].get<std::string>(), HasSubstr("cut.zip cannot be read"));

  // Out again: the chunks of the answer make an archive that holds the file.
  const Reply out = get("artifacts/" + id_of(page["items"][0]) + "/archive");
  EXPECT_THAT(out.head, HasSubstr("application/zip"));
  EXPECT_THAT(out.body, HasSubstr("PK\x03\x04"));
}

TEST_F(ApiTest, BrowsersSignInWithTheToken) {
  stop();
  server::ServerOptions options;
  options.token = "0123456789abcdef";
  start(options);
  EXPECT_EQ(get("artifacts").status, 403);
  EXPECT_EQ(get("session").json(), Json({{"required", true}, {"ok", false}}));
  EXPECT_EQ(send("POST", "/api/v1/session", R"({"token":"wrong"})").status, 403);
  const Reply in = send("POST", "/api/v1/session", R"({"token":"0123456789abcdef"})");
  EXPECT_EQ(in.status, 204);
  EXPECT_THAT(in.head, HasSubstr("HttpOnly; SameSite=Strict"));
  const std::size_t at = in.head.find("Set-Cookie: ") + 12;
  const std::string cookie =
      "Host: localhost\r\nCookie: " + in.head.substr(at, in.head.find(';', at) - at) + "\r\n";
  EXPECT_EQ(send("GET", "/api/v1/artifacts", "", cookie).status, 200);
  EXPECT_EQ(send("GET", "/api/v1/artifacts", "", "Host: localhost\r\nCookie: shaoguang_session=\r\n").status,
            403);
  EXPECT_EQ(send("DELETE", "/api/v1/session", "", cookie).status, 204);
  EXPECT_EQ(send("GET", "/api/v1/artifacts", "", cookie).status, 403);
}

TEST_F(ApiTest, WrongMethodsAndDeepJsonAreRefused) {
  const Reply reply = send("PATCH", "/api/v1/health");
  EXPECT_EQ(reply.status, 405);
  EXPECT_THAT(reply.head, HasSubstr("Allow: GET"));
  const std::string deep(100000, '[');
  EXPECT_EQ(send("POST", "/api/v1/pipelines", R"({"steps":)" + deep).status, 400);
  const std::string closed = R"({"steps":)" + deep + std::string(100000, ']') + "}";
  EXPECT_EQ(send("POST", "/api/v1/pipelines", closed).status, 400);
  const Reply large = send("POST", "/api/v1/pipelines", R"({"seed":1e999})");
  EXPECT_EQ(large.status, 400);
  EXPECT_THAT(large.body, HasSubstr("a number that is too large"));
  EXPECT_EQ(get("health").status, 200);
}

TEST_F(ApiTest, AllOutputsAreThoseThatTheInputsCanMake) {
  const std::string brain = id_of(uploaded("brain.nii.gz"));
  const auto ask = [&](const std::string& more) {
    return send("POST", "/api/v1/operations/image.simulate_acquisition/runs",
                R"({"inputs":{"image":")" + brain + R"("},"parameters":{"spacing":6})" + more + "}");
  };
  const Json done = finished(id_of(ask("").json()));
  EXPECT_EQ(done["state"], "succeeded") << op::dump(done);
  EXPECT_FALSE(done["outputs"].contains("acquired_labels"));
  const Json refused = ask(R"(,"outputs":["acquired_labels"])").json();
  EXPECT_THAT(refused["detail"].get<std::string>(),
              HasSubstr("acquired_labels was asked for without labels"));
  EXPECT_EQ(refused["field"], "labels");
}

TEST_F(ApiTest, WhatIsMissingIsNotJudgedWhileTyping) {
  const auto check = [&](const std::string& query, const std::string& body) {
    return send("POST", "/api/v1/operations/image.view/check" + query, body);
  };
  EXPECT_EQ(check("", "{}").json()["field"], "image");
  EXPECT_EQ(check("?partial=1", "{}").status, 204);
  EXPECT_EQ(check("?partial=1", R"({"parameters":{"height":2}})").json()["field"], "height");
}

}  // namespace
}  // namespace sg::test
