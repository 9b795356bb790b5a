import { NVImage, SLICE_TYPE } from "@niivue/niivue";
import { useEffect, useState } from "react";
import { reason } from "../../components/Failure";
import { useT } from "../../i18n";
import { labelColours } from "../colours";
import { useNiivue } from "../useNiivue";
import type { Loaded } from "./read";
import type { Layer } from "./slices";

interface Props { name: string; loaded: Loaded; layer: Layer }

/** The volume rendered as a body, by ray casting in WebGL; loaded when it is asked for. */
export default function Render3D({ name, loaded, layer }: Props) {
  const t = useT();
  const { box, nv, unsupported } = useNiivue(t("volume.canvas3d", { name }), { sliceType: SLICE_TYPE.RENDER, show3Dcrosshair: false, isOrientCube: true });
  const [waiting, setWaiting] = useState(true);
  const [failed, setFailed] = useState<unknown>();
  useEffect(() => {
    if (!nv) return;
    let gone = false;
    const show = async () => {
      const file = `image.${loaded.extension}`;
      const image = await NVImage.loadFromUrl({ url: file, name: file, buffer: loaded.bytes.slice().buffer, colormap: "gray" });
      if (gone) return;
      if (layer.labels) image.setColormapLabel(labelColours(Number(image.global_max ?? 255)));
      else {
        image.cal_min = layer.low + (layer.high - layer.low) * 0.15;
        image.cal_max = layer.high;
      }
      nv.addVolume(image);
      if (layer.frame > 0) nv.setFrame4D(image.id, layer.frame);
      setWaiting(false);
    };
    show().catch((e: unknown) => !gone && setFailed(e));
    return () => { gone = true; };
  }, [nv]);
  useEffect(() => {
    const image = nv?.volumes[0];
    if (!image || layer.labels || waiting) return;
    image.cal_min = layer.low + (layer.high - layer.low) * 0.15;
    image.cal_max = layer.high;
    nv?.updateGLVolume();
  }, [layer.low, layer.high, waiting]);
  return (
    <div className="canvas-box render" ref={box}>
      {(waiting || unsupported || failed !== undefined) && <div className="veil" role="status">{unsupported ? t("volume.webgl") : failed !== undefined ? t("error.viewer", { why: reason(failed, t) }) : t("common.loading")}</div>}
    </div>
  );
}
