import { useEffect } from "react";

/** The name of the page in the browser's tab, which is also what screen readers say first. */
export function useTitle(...parts: (string | undefined)[]): void {
  const title = [...parts.filter(Boolean), "韶光 Shaoguang"].join(" · ");
  useEffect(() => {
    document.title = title;
  }, [title]);
}
