import { Niivue, SHOW_RENDER, SLICE_TYPE, type NVConfigOptions } from "@niivue/niivue";
import { useEffect, useRef, useState, type RefObject } from "react";

/** Makes the canvas itself: a WebGL context cannot be had twice from one canvas, which React would try in strict mode. */
export function useNiivue(label: string, options: Partial<NVConfigOptions>): { box: RefObject<HTMLDivElement>; nv: Niivue | undefined; unsupported: boolean } {
  const box = useRef<HTMLDivElement>(null);
  const [nv, setNv] = useState<Niivue>();
  const [unsupported, setUnsupported] = useState(false);
  useEffect(() => {
    const canvas = document.createElement("canvas");
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-label", label);
    // The drawing is kept, so that it can be saved as a picture.
    if (!canvas.getContext("webgl2", { alpha: true, antialias: true, preserveDrawingBuffer: true })) {
      setUnsupported(true);
      return;
    }
    box.current?.prepend(canvas);
    const viewer = new Niivue({
      logLevel: "error", dragAndDropEnabled: false, loadingText: "", show3Dcrosshair: true, backColor: [0, 0, 0, 1],
      crosshairColor: [0.39, 0.72, 0.8, 0.9], crosshairWidth: 0.5, scrollRequiresFocus: true, multiplanarShowRender: SHOW_RENDER.NEVER, isRadiologicalConvention: true, sliceType: SLICE_TYPE.MULTIPLANAR, ...options,
    });
    let gone = false;
    void viewer.attachToCanvas(canvas).then(() => !gone && setNv(viewer));
    return () => {
      gone = true;
      setNv(undefined);
      viewer.cleanup();
      // Browsers keep only some sixteen contexts; one that waits for the collector still counts.
      canvas.getContext("webgl2")?.getExtension("WEBGL_lose_context")?.loseContext();
      canvas.remove();
    };
    // The options are constants of the viewer that calls this.
  }, []);
  return { box, nv, unsupported };
}
