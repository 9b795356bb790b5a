import { useLanguage, type Language } from "./index";

export function bytes(n: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let i = 0;
  while (n >= 1000 && i < units.length - 1) {
    n /= 1000;
    i++;
  }
  return `${i && n < 100 ? n.toFixed(1) : Math.round(n)} ${units[i] ?? ""}`;
}

export function duration(seconds: number): string {
  if (seconds > 0 && seconds < 0.001) return "< 1 ms";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const m = Math.floor(seconds / 60);
  return m < 60 ? `${m} min ${Math.round(seconds % 60)} s` : `${Math.floor(m / 60)} h ${m % 60} min`;
}

export const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** Enough digits to compare results, no noise behind them. */
export function number(n: number): string {
  if (!Number.isFinite(n)) return String(n);
  if (Number.isInteger(n) && Math.abs(n) < 1e15) return String(n).replace("-", "−");
  const text =
    Math.abs(n) >= 1e6 || Math.abs(n) < 1e-4 ? n.toExponential(4) : String(Number(n.toPrecision(6)));
  return text.replace(/-/g, "−");
}

const formats: Record<Language, Intl.DateTimeFormat> = {
  en: new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" }),
  zh: new Intl.DateTimeFormat("zh-CN", { dateStyle: "medium", timeStyle: "short" }),
};
export function useTime(): (iso: string) => string {
  const language = useLanguage();
  return (iso) => {
    const time = new Date(iso);
    return Number.isNaN(time.getTime()) ? iso : formats[language].format(time);
  };
}
