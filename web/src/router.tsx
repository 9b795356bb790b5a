import { useSyncExternalStore, type AnchorHTMLAttributes, type MouseEvent } from "react";

const changed = "shaoguang:navigate";

export function navigate(to: string, replace = false): void {
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  window.dispatchEvent(new Event(changed));
  if (!replace) window.scrollTo(0, 0);
}

function subscribe(listener: () => void): () => void {
  window.addEventListener("popstate", listener);
  window.addEventListener(changed, listener);
  return () => {
    window.removeEventListener("popstate", listener);
    window.removeEventListener(changed, listener);
  };
}

export const usePath = (): string => useSyncExternalStore(subscribe, () => location.pathname);
export const useQuery = (): URLSearchParams =>
  new URLSearchParams(useSyncExternalStore(subscribe, () => location.search));

/** Changes some values of the query and leaves the page where it is. */
export function setQuery(values: Record<string, string>): void {
  const query = new URLSearchParams(location.search);
  for (const [key, value] of Object.entries(values)) value ? query.set(key, value) : query.delete(key);
  const text = query.toString();
  navigate(location.pathname + (text ? `?${text}` : ""), true);
}

/** Without the dot of "module.verb": the server answers paths with a dot as files, and a reload would fail. */
export function operationPath(name: string, query: Record<string, string> = {}): string {
  const text = new URLSearchParams(query).toString();
  return `/operations/${name.split(".").map(encodeURIComponent).join("/")}${text && `?${text}`}`;
}

export function match(pattern: string, path: string): Record<string, string> | null {
  const want = pattern.split("/"),
    have = path.replace(/\/+$/, "").split("/");
  if (want.length !== have.length) return null;
  const found: Record<string, string> = {};
  for (let i = 0; i < want.length; i++) {
    const w = want[i] ?? "",
      h = have[i] ?? "";
    if (w.startsWith(":")) {
      try {
        found[w.slice(1)] = decodeURIComponent(h);
      } catch {
        return null;
      }
    } else if (w !== h) return null;
  }
  return found;
}

export function Link({ to, onClick, ...rest }: { to: string } & AnchorHTMLAttributes<HTMLAnchorElement>) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    event.preventDefault();
    navigate(to);
  };
  return <a href={to} onClick={follow} {...rest} />;
}
