import { cache, Enums, imageLoader, init as initCore, metaData, RenderingEngine, type StackViewport, type Types, utilities } from "@cornerstonejs/core";
import { init as initLoader, wadouri } from "@cornerstonejs/dicom-image-loader";
import {
  AngleTool, annotation, addTool, EllipticalROITool, Enums as ToolEnums, init as initTools, LengthTool, PanTool, RectangleROITool, StackScrollTool,
  ToolGroupManager, utilities as toolUtilities, WindowLevelTool, ZoomTool,
} from "@cornerstonejs/tools";
import type { Translate } from "../../i18n";
import { angleLines, lengthLines, regionLines } from "./measures";

export const TOOLS = {
  window: WindowLevelTool.toolName, pan: PanTool.toolName, zoom: ZoomTool.toolName, scroll: StackScrollTool.toolName,
  length: LengthTool.toolName, angle: AngleTool.toolName, rectangle: RectangleROITool.toolName, ellipse: EllipticalROITool.toolName,
} as const;
export type ToolName = keyof typeof TOOLS;

/** Bytes of the library's memory for pictures that loading ahead leaves to those that are looked at. */
const LEAVE_FREE = 128e6;

let started: Promise<void> | undefined;
function start(): Promise<void> {
  started ??= (async () => {
    const webgl = document.createElement("canvas").getContext("webgl2");
    // One picture at a time is shown, so one context is enough; without WebGL the library draws on the processor.
    initCore({ rendering: { webGlContextCount: 1, useCPURendering: webgl === null } } as Parameters<typeof initCore>[0]);
    webgl?.getExtension("WEBGL_lose_context")?.loseContext();
    initLoader({ maxWebWorkers: Math.max(1, Math.min(4, Math.floor((navigator.hardwareConcurrency || 2) / 2))) });
    initTools();
    metaData.addProvider(withoutNonsense, 10_000);
    [WindowLevelTool, PanTool, ZoomTool, StackScrollTool, LengthTool, AngleTool, RectangleROITool, EllipticalROITool].forEach((tool) => addTool(tool));
  })();
  return started;
}

/** Some devices write a pixel spacing of 0; that is no spacing, and lengths are then in pixels. */
function withoutNonsense(type: string, imageId: string): unknown {
  if (type !== "imagePlaneModule" || !imageId.startsWith("wadouri:")) return undefined;
  const plane = wadouri.metaData.metaDataProvider(type, imageId) as PlaneFacts | undefined;
  if (!plane || ((plane.rowPixelSpacing ?? 0) > 0 && (plane.columnPixelSpacing ?? 0) > 0)) return plane;
  return { ...plane, rowPixelSpacing: 1, columnPixelSpacing: 1, pixelSpacing: undefined, usingDefaultValues: true };
}

/** Loads and decodes one picture; rejects what the library would draw as black or not at all. */
async function load(imageId: string): Promise<void> {
  const image = await whileLoading(imageLoader.loadAndCacheImage(imageId));
  const parts = image.getPixelData().length / (image.rows * image.columns);
  if (![1, 3, 4].includes(parts)) throw new Error(`${image.getPixelData().length} values for ${image.columns} × ${image.rows} pixels`);
}

export interface Shown {
  index: number;
  center: number | undefined;
  width: number | undefined;
  zoom: number;
  inverted: boolean;
  /** Patient sides at the left, top, right and bottom edge; empty where the file does not tell. */
  sides: [string, string, string, string];
  size: [number, number];
  colour: boolean;
  spacing: [number, number] | undefined;
  thickness: number | undefined;
}
interface PlaneFacts {
  rowPixelSpacing?: number; columnPixelSpacing?: number; sliceThickness?: number; usingDefaultValues?: boolean;
  imageOrientationPatient?: number[]; imagePositionPatient?: number[];
}
export interface Probe { mm: [number, number, number] | undefined; pixel: [number, number]; value: number[] }

let count = 0;

/** One stack of DICOM pictures drawn into one element; destroy() gives everything back. */
export class StackView {
  private readonly id = `dicom-${++count}`;
  private readonly engine: RenderingEngine;
  private readonly viewport: StackViewport;
  private gone = false;
  private imageIds: string[] = [];

  static async open(element: HTMLDivElement, t: Translate): Promise<StackView> {
    await start();
    return new StackView(element, t);
  }

  private constructor(private readonly element: HTMLDivElement, t: Translate) {
    live.add(this);
    this.engine = new RenderingEngine(this.id);
    this.engine.enableElement({ viewportId: this.id, element, type: Enums.ViewportType.STACK, defaultOptions: { background: [0, 0, 0] } });
    this.viewport = this.engine.getStackViewport(this.id) as StackViewport;
    const group = ToolGroupManager.createToolGroup(this.id);
    group?.addTool(TOOLS.length, { getTextLines: lengthLines() });
    group?.addTool(TOOLS.angle, { getTextLines: angleLines() });
    for (const region of ["rectangle", "ellipse"] as const) group?.addTool(TOOLS[region], { getTextLines: regionLines(t) });
    for (const tool of ["window", "pan", "zoom", "scroll"] as const) group?.addTool(TOOLS[tool]);
    group?.addViewport(this.id, this.id);
    this.choose("window");
  }

  /** The left button does what is chosen; the middle button pans and the right one zooms in any case. */
  choose(tool: ToolName): void {
    const group = ToolGroupManager.getToolGroup(this.id);
    if (!group) return;
    const { Primary, Auxiliary, Secondary } = ToolEnums.MouseBindings;
    for (const name of Object.values(TOOLS)) group.setToolPassive(name, { removeAllBindings: true });
    const fixed: Partial<Record<ToolName, number>> = { pan: Auxiliary, zoom: Secondary };
    for (const name of new Set<ToolName>([tool, "pan", "zoom"])) {
      const bindings = [...(name === tool ? [{ mouseButton: Primary }, { numTouchPoints: 1 }] : []), ...(fixed[name] ? [{ mouseButton: fixed[name] }] : [])];
      group.setToolActive(TOOLS[name], { bindings });
    }
  }

  async show(imageIds: string[], index: number): Promise<void> {
    this.imageIds = imageIds;
    await load(imageIds[index] ?? "");
    if (this.gone) return;
    await this.viewport.setStack(imageIds, index);
    if (this.gone) return;
    // The library makes the element unreachable by keyboard.
    this.element.tabIndex = 0;
    this.viewport.render();
  }

  /** Resolves when the picture is there; rejects if it cannot be decoded. */
  async turnTo(index: number): Promise<void> {
    await load(this.imageIds[index] ?? "");
    if (!this.gone) await this.viewport.setImageIdIndex(index);
  }

  setWindow(center: number, width: number): void {
    const { lower, upper } = utilities.windowLevel.toLowHighRange(Math.max(1e-6, width), center);
    this.viewport.setProperties({ voiRange: { lower, upper } });
    this.viewport.render();
  }

  invert(): void {
    this.viewport.setProperties({ invert: !this.viewport.getProperties().invert });
    this.viewport.render();
  }

  rotate(): void {
    const now = this.viewport.getViewPresentation().rotation ?? 0;
    this.viewport.setViewPresentation({ rotation: (now + 90) % 360 });
    this.viewport.render();
  }

  flip(horizontal: boolean): void {
    const { flipHorizontal = false, flipVertical = false } = this.viewport.getCamera();
    this.viewport.setCamera(horizontal ? { flipHorizontal: !flipHorizontal } : { flipVertical: !flipVertical });
    this.viewport.render();
  }

  zoom(factor: number): void {
    this.viewport.setZoom(this.viewport.getZoom() * factor);
    this.viewport.render();
  }

  fit(): void {
    this.viewport.resetCamera();
    this.viewport.render();
  }

  reset(): void {
    const { flipHorizontal, flipVertical } = this.viewport.getCamera();
    if (flipHorizontal || flipVertical) this.viewport.setCamera({ flipHorizontal: false, flipVertical: false });
    this.viewport.setViewPresentation({ rotation: 0 });
    this.viewport.resetProperties();
    this.fit();
  }

  clearMeasurements(): void {
    annotation.state.removeAllAnnotations();
    toolUtilities.triggerAnnotationRender(this.element);
  }

  resize(): void {
    if (!this.gone) this.engine.resize(true, true);
  }

  onChange(listener: (shown: Shown) => void): () => void {
    const { IMAGE_RENDERED, VOI_MODIFIED, STACK_NEW_IMAGE } = Enums.Events;
    const tell = () => { if (!this.gone && this.viewport.getCornerstoneImage()) listener(this.shown()); };
    const events = [IMAGE_RENDERED, VOI_MODIFIED, STACK_NEW_IMAGE];
    events.forEach((e) => this.element.addEventListener(e, tell));
    return () => events.forEach((e) => this.element.removeEventListener(e, tell));
  }

  private shown(): Shown {
    const { voiRange, invert } = this.viewport.getProperties();
    const image = this.viewport.getCornerstoneImage();
    const plane = metaData.get("imagePlaneModule", image.imageId) as PlaneFacts | undefined;
    const window = voiRange && utilities.windowLevel.toWindowLevel(voiRange.lower, voiRange.upper);
    const { rowPixelSpacing: down, columnPixelSpacing: across } = plane ?? {};
    return {
      index: this.viewport.getCurrentImageIdIndex(), center: window?.windowCenter, width: window?.windowWidth, zoom: this.viewport.getZoom(),
      inverted: invert === true, sides: this.sides(), size: [image.columns, image.rows], colour: image.color,
      spacing: down && across && plane?.usingDefaultValues !== true ? [across, down] : undefined, thickness: plane?.sliceThickness,
    };
  }

  /** Whether the file says how the picture lies in the patient. */
  private placed(): boolean {
    const plane = metaData.get("imagePlaneModule", this.viewport.getCurrentImageId()) as PlaneFacts | undefined;
    return !!plane?.imageOrientationPatient?.length && !!plane.imagePositionPatient?.length && plane.usingDefaultValues !== true;
  }

  private sides(): Shown["sides"] {
    if (!this.placed()) return ["", "", "", ""];
    const { clientWidth: w, clientHeight: h } = this.element;
    const at = (x: number, y: number) => this.viewport.canvasToWorld([x, y]);
    // Without WebGL there is no camera before the first drawing.
    const middle = at(w / 2, h / 2) as Types.Point3 | undefined;
    if (!middle) return ["", "", "", ""];
    const towards = (p: Types.Point3) => {
      const v = p.map((x, i) => x - (middle[i] ?? 0)), length = Math.hypot(...v) || 1;
      return toolUtilities.orientation.getOrientationStringLPS(v.map((x) => x / length) as Types.Point3).slice(0, 2);
    };
    return [towards(at(0, h / 2)), towards(at(w / 2, 0)), towards(at(w, h / 2)), towards(at(w / 2, h))];
  }

  /** What lies under a point of the element, in CSS pixels from its corner. */
  probe(x: number, y: number): Probe | undefined {
    const image = this.gone ? undefined : this.viewport.getCornerstoneImage();
    const data = image && this.viewport.getImageData();
    if (!image || !data) return undefined;
    const world = this.viewport.canvasToWorld([x, y]);
    const [i = 0, j = 0] = utilities.transformWorldToIndex(data.imageData, world);
    const column = Math.round(i), row = Math.round(j);
    if (column < 0 || row < 0 || column >= image.columns || row >= image.rows) return undefined;
    const pixels = image.getPixelData(), parts = Math.max(1, Math.round(pixels.length / (image.columns * image.rows)));
    const first = (row * image.columns + column) * parts;
    const shift = image.preScale?.scaled === false || !image.preScale ? { slope: image.slope ?? 1, intercept: image.intercept ?? 0 } : { slope: 1, intercept: 0 };
    const value = Array.from({ length: Math.min(3, parts) }, (_, k) => (pixels[first + k] ?? 0) * (image.color ? 1 : shift.slope) + (image.color ? 0 : shift.intercept));
    return { mm: this.placed() ? [world[0], world[1], world[2]] : undefined, pixel: [column, row], value };
  }

  destroy(): void {
    if (this.gone) return;
    this.gone = true;
    ToolGroupManager.destroyToolGroup(this.id);
    annotation.state.removeAllAnnotations();
    const contexts = contextsOf(this.engine);
    this.engine.destroy();
    // Browsers keep only some sixteen contexts; one that waits for the collector still counts.
    contexts.forEach((gl) => gl.getExtension("WEBGL_lose_context")?.loseContext());
    live.delete(this);
    void forget(this.imageIds);
  }

  shows(imageId: string): boolean {
    return this.imageIds.includes(imageId);
  }
}

const live = new Set<StackView>();
const loading = new Set<Promise<unknown>>();

/** Frees pictures that no open view shows, once none of them is being loaded any more. */
async function forget(imageIds: readonly string[]): Promise<void> {
  await Promise.allSettled(loading);
  for (const id of imageIds)
    if (cache.getImageLoadObject(id) && ![...live].some((view) => view.shows(id))) cache.removeImageLoadObject(id, { force: true });
  if (live.size === 0) wadouri.dataSetCacheManager.purge();
}

async function whileLoading<T>(promise: Promise<T>): Promise<T> {
  loading.add(promise);
  try {
    return await promise;
  } finally {
    loading.delete(promise);
  }
}

/** The library keeps its contexts private and leaves them to the collector. */
function contextsOf(engine: RenderingEngine): WebGL2RenderingContext[] {
  const inside = engine as unknown as { _implementation?: { contextPool?: { offScreenCanvasContainers: HTMLElement[] } } };
  const boxes = inside._implementation?.contextPool?.offScreenCanvasContainers ?? [];
  return boxes.flatMap((box) => box.querySelector("canvas")?.getContext("webgl2") ?? []);
}

/** Loads pictures ahead of their being looked at, two at a time, as far as memory for them goes. */
export async function loadAhead(imageIds: readonly string[], stopped: () => boolean): Promise<void> {
  let next = 0;
  const work = async () => {
    while (next < imageIds.length && !stopped()) {
      const id = imageIds[next++] ?? "";
      if (cache.getBytesAvailable() < LEAVE_FREE) return;
      // One that cannot be decoded says so when it is looked at.
      await whileLoading(imageLoader.loadAndCacheImage(id, { priority: 5, requestType: Enums.RequestType.Prefetch })).catch(() => undefined);
    }
  };
  await Promise.all([work(), work()]);
}
