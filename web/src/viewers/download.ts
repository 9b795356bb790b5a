export function saveBlob(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** The canvases of an element, as they lie on the page, as one PNG. */
export async function savePng(box: HTMLElement | null, name: string): Promise<void> {
  const all = box ? [...box.querySelectorAll("canvas")] : [];
  if (!box || all.length === 0) return;
  const room = box.getBoundingClientRect(), ratio = devicePixelRatio || 1;
  const sheet = document.createElement("canvas");
  sheet.width = Math.round(room.width * ratio);
  sheet.height = Math.round(room.height * ratio);
  const g = sheet.getContext("2d");
  if (!g) return;
  g.fillStyle = "#000";
  g.fillRect(0, 0, sheet.width, sheet.height);
  for (const canvas of all) {
    const r = canvas.getBoundingClientRect();
    g.drawImage(canvas, (r.left - room.left) * ratio, (r.top - room.top) * ratio, r.width * ratio, r.height * ratio);
  }
  const blob = await new Promise<Blob | null>((resolve) => sheet.toBlob(resolve, "image/png"));
  if (blob) saveBlob(blob, `${name.replace(/\.(nii|nrrd|mha|gz|dcm)\b/gi, "")}.png`);
}
