import { useSyncExternalStore } from "react";
import { en, type Key } from "./en";
import { zh } from "./zh";

export type { Key };
export type Language = "en" | "zh";
const dictionaries: Record<Language, Record<Key, string>> = { en, zh };
const listeners = new Set<() => void>();

function remembered(): Language {
  // Storage throws when the browser forbids it.
  try {
    const stored = localStorage.getItem("shaoguang.language");
    if (stored === "en" || stored === "zh") return stored;
  } catch {
    /* the browser's language decides */
  }
  return navigator.language.startsWith("zh") ? "zh" : "en";
}

let language = remembered();
const announce = () => {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
};
announce();

export function setLanguage(next: Language): void {
  language = next;
  try {
    localStorage.setItem("shaoguang.language", next);
  } catch {
    /* not remembered, still switched */
  }
  announce();
  listeners.forEach((l) => l());
}

export type Translate = (key: Key, values?: Record<string, string | number>) => string;

const translators: Record<Language, Translate> = { en: translator("en"), zh: translator("zh") };
function translator(of: Language): Translate {
  return (key, values) => {
    const text = dictionaries[of][key];
    return values ? text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole)) : text;
  };
}

export function useLanguage(): Language {
  return useSyncExternalStore(
    (l) => {
      listeners.add(l);
      return () => listeners.delete(l);
    },
    () => language,
  );
}
export const useT = (): Translate => translators[useLanguage()];
