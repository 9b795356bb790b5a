import { useEffect, useMemo, useState } from "react";
import type { Artifact } from "../../api/types";
import { openPicture, paint, type Pages, type Raster } from "./raster";

/** A picture's page, windowed into a canvas that can be drawn. */
export function usePicture(artifact: Artifact | undefined, page: number) {
  const [pages, setPages] = useState<Pages>();
  const [raster, setRaster] = useState<Raster>();
  const [window, setWindow] = useState<[number, number]>([0, 255]);
  const [share, setShare] = useState(0);
  const [failed, setFailed] = useState<unknown>();
  useEffect(() => {
    setPages(undefined);
    setRaster(undefined);
    setFailed(undefined);
    if (!artifact) return;
    const abort = new AbortController();
    openPicture(artifact, abort.signal, setShare).then((p) => !abort.signal.aborted && setPages(p), (e: unknown) => !abort.signal.aborted && setFailed(e));
    return () => abort.abort();
  }, [artifact?.id]);
  useEffect(() => {
    let gone = false;
    pages?.page(Math.min(page, pages.count - 1)).then((r) => {
      if (gone) return;
      setRaster(r);
      // Leafing keeps the window, so that pages can be compared.
      if (!raster) setWindow([r.low, r.high]);
    }, (e: unknown) => !gone && setFailed(e));
    return () => { gone = true; };
  }, [pages, page]);
  const drawn = useMemo(() => raster && paint(raster, window[0], window[1]), [raster, window[0], window[1]]);
  return { count: pages?.count ?? 1, raster, drawn, window, setWindow, share, failed };
}
