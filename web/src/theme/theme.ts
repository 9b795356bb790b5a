import { useSyncExternalStore } from "react";

export type Theme = "light" | "dark" | "auto";
const listeners = new Set<() => void>();
const dark = window.matchMedia("(prefers-color-scheme: dark)");

let theme: Theme = (() => {
  try {
    const stored = localStorage.getItem("shaoguang.theme");
    if (stored === "light" || stored === "dark") return stored;
  } catch {
    /* follow the system */
  }
  return "auto";
})();

function apply(): void {
  document.documentElement.dataset["theme"] = isDark() ? "dark" : "light";
  listeners.forEach((l) => l());
}
const isDark = (): boolean => theme === "dark" || (theme === "auto" && dark.matches);
dark.addEventListener("change", apply);
apply();

export function setTheme(next: Theme): void {
  theme = next;
  try {
    localStorage.setItem("shaoguang.theme", next);
  } catch {
    /* not remembered, still switched */
  }
  apply();
}

function subscribe(l: () => void): () => void {
  listeners.add(l);
  return () => listeners.delete(l);
}
export const useTheme = (): Theme => useSyncExternalStore(subscribe, () => theme);
export const useDark = (): boolean => useSyncExternalStore(subscribe, isDark);
