import { useEffect, useSyncExternalStore } from "react";
import type { Operation, Schema } from "../api/types";
import { titleOf } from "../forms/schema";
import { useLanguage } from "./index";

/** The shape of operations.zh.json: a module or field is [name, explanation]. */
interface Texts {
  modules: Record<string, string[]>;
  choices: Record<string, string>;
  operations: Record<string, { summary: string; description: string; fields: Record<string, string[]> }>;
}

let chinese: Texts | undefined;
let loading: Promise<void> | undefined;
const listeners = new Set<() => void>();

/** Fetched when first needed: the catalogue's texts grow with it, and most readers need one language. */
function load(): void {
  loading ??= import("./operations.zh.json").then(
    (module) => {
      chinese = module.default;
      listeners.forEach((l) => l());
    },
    () => {
      loading = undefined;
    },
  );
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export interface OperationTexts {
  summary: (o: Operation) => string;
  description: (o: Operation) => string;
  label: (operation: string, field: string) => string;
  help: (operation: string, field: string, schema: Schema | undefined) => string;
  choice: (value: string) => string;
  module: (name: string) => string;
  moduleSummary: (name: string) => string | undefined;
  /** Everything said of an operation in either language, for searching. */
  searchable: (o: Operation) => string;
}

function textsIn(texts: Texts | undefined): OperationTexts {
  const field = (operation: string, name: string) => texts?.operations[operation]?.fields[name];
  return {
    summary: (o) => texts?.operations[o.name]?.summary ?? o.summary,
    description: (o) => texts?.operations[o.name]?.description ?? o.description,
    label: (operation, name) => field(operation, name)?.[0] ?? titleOf(name),
    help: (operation, name, schema) => field(operation, name)?.[1] ?? schema?.description ?? "",
    choice: (value) => (texts?.choices[value] === undefined ? value : `${texts.choices[value]} (${value})`),
    module: (name) => texts?.modules[name]?.[0] ?? name,
    moduleSummary: (name) => texts?.modules[name]?.[1],
    searchable: (o) => {
      const other = chinese?.operations[o.name];
      const names = chinese?.modules[o.module] ?? [];
      return [o.name, titleOf(o.name), o.summary, o.description, other?.summary, other?.description, ...names]
        .join(" ")
        .toLowerCase();
    },
  };
}

const english = textsIn(undefined);
let translated: OperationTexts | undefined;

/** What operations and their fields are called in the reader's language; English where nobody has translated. */
export function useOperationTexts(searching = false): OperationTexts {
  const language = useLanguage();
  const loaded = useSyncExternalStore(subscribe, () => chinese);
  useEffect(() => {
    if (language === "zh" || searching) load();
  }, [language, searching]);
  if (language !== "zh" || !loaded) return english;
  return (translated ??= textsIn(loaded));
}
