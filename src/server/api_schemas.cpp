#include "server/openapi.h"

namespace sg::server {

// JSON Schema 2020-12, as it is published. Objects without additionalProperties are complete but for what
// later versions add.
constexpr const char* schemas = R"json({
"Problem": {"type": "object", "description": "RFC 9457",
  "required": ["type", "title", "status", "detail"],
  "properties": {
    "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
    "exit_status": {"type": "integer", "description": "what the command line ends with for the same mistake"},
    "detail": {"type": "string", "description": "a sentence with the value and what was expected"},
    "field": {"type": "string", "description": "the parameter or input at fault"}}},
"Health": {"type": "object", "required": ["status", "version", "uptime_s", "workspace"],
  "properties": {
    "status": {"const": "ok"}, "version": {"type": "string"}, "uptime_s": {"type": "number"},
    "workspace": {"type": "object", "required": ["name", "artifacts", "runs"], "properties": {
      "name": {"type": "string"}, "artifacts": {"type": "integer"},
      "runs": {"type": "object", "required": ["queued", "running"],
        "properties": {"queued": {"type": "integer"}, "running": {"type": "integer"}}}}}}},
"Session": {"type": "object", "required": ["required", "ok"],
  "properties": {"required": {"type": "boolean"}, "ok": {"type": "boolean"}}},
"SignIn": {"type": "object", "required": ["token"], "properties": {"token": {"type": "string"}}},
"Operation": {"type": "object",
  "required": ["name", "module", "summary", "description", "request", "result", "previews", "references", "examples"],
  "properties": {
    "name": {"type": "string", "description": "module.verb"}, "module": {"type": "string"},
    "summary": {"type": "string"}, "description": {"type": "string"},
    "request": {"type": "object", "description": "JSON Schema of inputs, parameters, outputs; x-kind, x-accepts, x-unit, x-modality, x-dimensions, x-file-types say more"},
    "result": {"type": "object", "description": "JSON Schema"},
    "previews": {"type": "boolean", "description": "answers POST …/preview"},
    "references": {"type": "array", "items": {"type": "string"}},
    "examples": {"type": "array", "items": {"type": "object", "required": ["arguments", "checks"], "properties": {
      "arguments": {"type": "string"}, "checks": {"type": "array", "items": {"type": "string"}}}}}}},
"Catalogue": {"type": "object", "required": ["version", "operations"], "properties": {
  "version": {"type": "string"}, "operations": {"type": "array", "items": {"$ref": "#/components/schemas/Operation"}}}},
"Artifact": {"type": "object",
  "required": ["id", "kind", "state", "name", "format", "size", "files", "sha256", "created", "tags", "notes", "origin", "properties", "thumbnail"],
  "properties": {
    "id": {"type": "string", "description": "26 characters; greater is newer"},
    "kind": {"enum": ["volume", "labels", "series", "images", "picture", "transform", "field", "mesh", "points", "table", "signal", "document", "tensors", "report", "file", "folder"],
      "description": "folder: several things, about to be sorted"},
    "state": {"enum": ["inspecting", "ready", "unreadable"]},
    "problem": {"type": "string", "description": "why it is unreadable"},
    "name": {"type": "string", "description": "as given: any text"},
    "format": {"type": "string", "examples": ["NIfTI-1"]},
    "size": {"type": "integer", "description": "bytes of all files"},
    "files": {"type": "integer"},
    "sha256": {"type": ["string", "null"], "description": "of the main file"},
    "created": {"type": "string", "format": "date-time"},
    "tags": {"type": "array", "items": {"type": "string"}},
    "notes": {"type": "string"},
    "origin": {"oneOf": [
      {"type": "object", "required": ["type"], "properties": {"type": {"const": "import"}}},
      {"type": "object", "required": ["type", "run", "output"], "properties": {
        "type": {"const": "run"}, "run": {"type": "string"}, "output": {"type": "string"},
        "operation": {"type": "string", "description": "as long as the run is kept"}}}]},
    "properties": {"type": "object", "additionalProperties": true, "description": "as shaoguang image info shows them"},
    "thumbnail": {"type": "boolean"}}},
"Relative": {"type": "object", "required": ["id", "name", "kind", "run"], "properties": {
  "id": {"type": "string"}, "name": {"type": "string", "description": "empty: deleted"},
  "kind": {"type": "string"}, "run": {"type": "string"}}},
"ArtifactDetail": {"allOf": [{"$ref": "#/components/schemas/Artifact"},
  {"type": "object", "required": ["parents", "children"], "properties": {
    "parents": {"type": "array", "items": {"$ref": "#/components/schemas/Relative"}},
    "children": {"type": "array", "items": {"$ref": "#/components/schemas/Relative"}}}}]},
"ArtifactPage": {"type": "object", "required": ["items", "next", "total"], "properties": {
  "items": {"type": "array", "items": {"$ref": "#/components/schemas/Artifact"}},
  "next": {"type": ["string", "null"]}, "total": {"type": "integer"}}},
"ArtifactChange": {"type": "object", "additionalProperties": false, "properties": {
  "name": {"type": "string", "minLength": 1}, "notes": {"type": "string"},
  "kind": {"enum": ["volume", "labels"]}, "tags": {"type": "array", "items": {"type": "string", "minLength": 1}}}},
"Reach": {"type": "object", "required": ["artifacts", "runs"], "properties": {
  "artifacts": {"type": "array", "items": {"type": "object", "required": ["id", "name"], "properties": {
    "id": {"type": "string"}, "name": {"type": "string"}}}},
  "runs": {"type": "array", "items": {"type": "object", "required": ["id", "operation"], "properties": {
    "id": {"type": "string"}, "operation": {"type": "string"}}}}}},
"FileList": {"type": "object", "required": ["items"], "properties": {
  "items": {"type": "array", "items": {"type": "object", "required": ["path", "size", "sha256"], "properties": {
    "path": {"type": "string"}, "size": {"type": "integer"}, "sha256": {"type": "string"}}}}}},
"TagList": {"type": "object", "required": ["items"], "properties": {
  "items": {"type": "array", "items": {"type": "object", "required": ["tag", "artifacts"], "properties": {
    "tag": {"type": "string"}, "artifacts": {"type": "integer"}}}}}},
"RunRequest": {"type": "object", "additionalProperties": false, "properties": {
  "inputs": {"type": "object", "additionalProperties": {"type": "string"}, "description": "field: artifact id"},
  "parameters": {"type": "object", "additionalProperties": true, "description": "field: value; those left out take their defaults"},
  "outputs": {"type": "array", "items": {"type": "string"}, "description": "names of those wanted; all by default"},
  "seed": {"type": "integer", "default": 0}, "title": {"type": "string"},
  "cache": {"type": "boolean", "default": true, "description": "a finished run of the same request may answer"}}},
"Raster": {"type": "object", "required": ["width", "height", "channels", "type", "data"],
  "description": "pixels row by row, colours interleaved",
  "properties": {
    "width": {"type": "integer"}, "height": {"type": "integer"}, "channels": {"type": "integer"},
    "type": {"enum": ["uint8", "float32"], "description": "float32 is little-endian"},
    "data": {"type": "string", "description": "Base64"}}},
"Region": {"type": "object", "additionalProperties": false, "properties": {
  "frame": {"type": "integer", "minimum": 0, "description": "from 0, through slices, then time points"},
  "x": {"type": "integer", "minimum": 0}, "y": {"type": "integer", "minimum": 0},
  "width": {"type": "integer", "minimum": 0, "description": "0 = up to the border"},
  "height": {"type": "integer", "minimum": 0, "description": "the same"}}},
"Frame": {"type": "object", "required": ["region", "frames", "size", "window", "image"], "properties": {
  "region": {"$ref": "#/components/schemas/Region"},
  "frames": {"type": "integer", "description": "that the image has"},
  "size": {"type": "array", "items": {"type": "integer"}, "description": "of a frame: width, height"},
  "window": {"type": "array", "items": {"type": "number"}, "description": "values to be shown black and white"},
  "image": {"$ref": "#/components/schemas/Raster"}}},
"PreviewRequest": {"type": "object", "required": ["inputs"], "additionalProperties": false, "properties": {
  "inputs": {"type": "object", "additionalProperties": {"type": "string"}, "description": "the image: its artifact id"},
  "parameters": {"type": "object", "additionalProperties": true, "description": "field: value; those left out take their defaults"},
  "region": {"$ref": "#/components/schemas/Region"},
  "outputs": {"type": "array", "items": {"type": "string"}, "description": "images to be made; the first by default"},
  "seed": {"type": "integer", "default": 0}}},
"Preview": {"type": "object",
  "required": ["region", "frames", "size", "images", "values", "units", "warnings", "seconds"],
  "properties": {
    "region": {"$ref": "#/components/schemas/Region"},
    "frames": {"type": "integer"}, "size": {"type": "array", "items": {"type": "integer"}},
    "images": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Raster"}},
    "values": {"type": "object", "additionalProperties": true, "description": "outputs that are no files, of this region alone"},
    "units": {"type": "object", "additionalProperties": {"type": "string"}},
    "warnings": {"type": "array", "items": {"type": "string"}},
    "seconds": {"type": "number", "description": "of the operation itself"}}},
"Run": {"type": "object",
  "required": ["id", "operation", "title", "state", "created", "progress", "stage", "seed", "inputs", "parameters", "needs", "wanted", "outputs", "units", "warnings", "version"],
  "properties": {
    "id": {"type": "string"}, "operation": {"type": "string"}, "title": {"type": "string"},
    "state": {"enum": ["queued", "running", "succeeded", "failed", "cancelled"]},
    "cached_from": {"type": "string", "description": "the run whose result this is"},
    "pipeline": {"type": "object", "required": ["id", "step"], "properties": {"id": {"type": "string"}, "step": {"type": "string"}}},
    "needs": {"type": "array", "items": {"type": "string"}, "description": "runs it still waits for"},
    "created": {"type": "string", "format": "date-time"}, "started": {"type": "string", "format": "date-time"},
    "finished": {"type": "string", "format": "date-time"},
    "progress": {"type": "number", "minimum": 0, "maximum": 1}, "stage": {"type": "string"},
    "remaining_s": {"type": "number", "description": "at the pace so far"},
    "seed": {"type": "integer"},
    "inputs": {"type": "object", "additionalProperties": {"type": "string"}},
    "parameters": {"type": "object", "additionalProperties": true},
    "wanted": {"type": "array", "items": {"type": "string"}, "description": "outputs asked for"},
    "outputs": {"type": "object", "additionalProperties": {"oneOf": [
      {"type": "object", "required": ["artifact"], "properties": {"artifact": {"type": "string"}}},
      {"type": "object", "required": ["value"], "properties": {"value": {}}}]}},
    "units": {"type": "object", "additionalProperties": {"type": "string"}, "description": "dotted path of an output: its unit"},
    "error": {"$ref": "#/components/schemas/Problem"},
    "warnings": {"type": "array", "items": {"type": "string"}},
    "seconds": {"type": "number", "description": "of the operation itself, without reading and writing"},
    "cpu_s": {"type": "number"}, "peak_memory_bytes": {"type": "integer"},
    "version": {"type": "string"},
    "record": {"type": "object", "additionalProperties": true, "description": "provenance: what went in and out with SHA-256, parameters, host"}}},
"RunPage": {"type": "object", "required": ["items", "next", "total"], "properties": {
  "items": {"type": "array", "items": {"$ref": "#/components/schemas/Run"}},
  "next": {"type": ["string", "null"]}, "total": {"type": "integer"}}},
"PipelineRequest": {"type": "object", "required": ["steps"], "additionalProperties": false, "properties": {
  "title": {"type": "string"}, "seed": {"type": "integer"},
  "steps": {"type": "array", "minItems": 1, "maxItems": 200, "items": {"type": "object", "required": ["operation"], "additionalProperties": false, "properties": {
    "id": {"type": "string", "description": "the verb by default"}, "operation": {"type": "string"},
    "inputs": {"type": "object", "additionalProperties": {"type": "string"}, "description": "artifact ids or \"@id.output\" of an earlier step"},
    "parameters": {"type": "object", "additionalProperties": true, "description": "values or \"@id.output\""},
    "outputs": {"type": "array", "items": {"type": "string"}}}}}}},
"Pipeline": {"type": "object", "required": ["id", "title", "created", "runs", "edges"], "properties": {
  "id": {"type": "string"}, "title": {"type": "string"}, "created": {"type": "string", "format": "date-time"},
  "runs": {"type": "array", "items": {"$ref": "#/components/schemas/Run"}},
  "edges": {"type": "array", "items": {"type": "object", "required": ["from", "output", "to", "input"], "properties": {
    "from": {"type": "string"}, "output": {"type": "string"}, "to": {"type": "string"}, "input": {"type": "string"}}}}}},
"PipelinePage": {"type": "object", "required": ["items", "next", "total"], "properties": {
  "items": {"type": "array", "items": {"$ref": "#/components/schemas/Pipeline"}},
  "next": {"type": ["string", "null"]}, "total": {"type": "integer"}}}
})json";

op::Json api_schemas() { return op::parse_json(schemas, "the schemas of the API"); }

}  // namespace sg::server
