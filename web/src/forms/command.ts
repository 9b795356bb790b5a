import type { Operation, RunRequest, Schema } from "../api/types";
import { fieldsOf, isFileOutput, possibleOutputs } from "./schema";

/** Quoted where a POSIX shell would read more into it than the text itself. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`;
}

function parameter(name: string, schema: Schema, value: unknown): string {
  if (schema.type === "boolean") return value === false ? `--no-${name}` : `--${name}`;
  return `--${name} ${quoted(Array.isArray(value) ? value.join(",") : String(value))}`;
}

function output(name: string, schema: Schema): string {
  return `--${name} ${name}${schema["x-file-types"]?.[0] ?? ""}`;
}

/** The command that does the same in a terminal; names: what the chosen artifacts are called. */
export function commandLine(
  operation: Operation,
  request: RunRequest,
  names: ReadonlyMap<string, string>,
): string {
  const required = new Set(operation.request.properties?.["inputs"]?.required);
  const words = ["shaoguang", ...operation.name.split(".")];
  for (const [name] of fieldsOf(operation, "inputs")) {
    const given = request.inputs[name];
    if (given !== undefined) words.push(`--${name} ${quoted(names.get(given) ?? given)}`);
    else if (required.has(name)) words.push(`--${name} FILE`);
  }
  for (const [name, schema] of fieldsOf(operation, "parameters"))
    if (request.parameters[name] !== undefined) words.push(parameter(name, schema, request.parameters[name]));
  for (const [name, schema] of possibleOutputs(operation, request.inputs))
    if (isFileOutput(schema) && (request.outputs?.includes(name) ?? true)) words.push(output(name, schema));
  if (request.seed) words.push(`--seed ${request.seed}`);
  return words.join(" ");
}
