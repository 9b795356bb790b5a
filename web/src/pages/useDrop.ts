import { useEffect, useRef, useState } from "react";
import type { Dropped } from "../api/uploads";

function readAll(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  // A reader hands out at most 100 entries at a time and says it is done by an empty list.
  return new Promise((resolve, reject) => {
    const all: FileSystemEntry[] = [];
    const next = () =>
      reader.readEntries((some) => {
        if (some.length === 0) return resolve(all);
        all.push(...some);
        next();
      }, reject);
    next();
  });
}

async function filesIn(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    // Dropped files do not know their place in the folder, chosen ones do: this makes them alike.
    Object.defineProperty(file, "webkitRelativePath", { value: entry.fullPath.replace(/^\//, "") });
    return [file];
  }
  const inside = await readAll((entry as FileSystemDirectoryEntry).createReader());
  const lists: File[][] = [];
  for (const e of inside) lists.push(await filesIn(e));
  return lists.flat();
}

async function fromTransfer(
  items: { entry: FileSystemEntry | null; file: File | null }[],
): Promise<Dropped[]> {
  const all: Dropped[] = [];
  for (const { entry, file } of items) {
    if (entry?.isDirectory) all.push({ name: entry.name, files: await filesIn(entry), folder: true });
    else if (file) all.push({ name: file.name, files: [file], folder: false });
  }
  return all;
}

/** Files or folders dropped anywhere in the window; true while they hover over it. */
export function useDrop(onDrop: (dropped: Dropped[]) => void): boolean {
  const [over, setOver] = useState(false);
  const handler = useRef(onDrop);
  handler.current = onDrop;
  useEffect(() => {
    let depth = 0;
    const hasFiles = (e: DragEvent) => e.dataTransfer?.types.includes("Files") === true;
    const enter = (e: DragEvent) => {
      if (hasFiles(e)) {
        depth++;
        setOver(true);
      }
    };
    const leave = (e: DragEvent) => {
      if (hasFiles(e) && --depth <= 0) {
        depth = 0;
        setOver(false);
      }
    };
    const move = (e: DragEvent) => {
      if (hasFiles(e)) e.preventDefault();
    };
    const drop = (e: DragEvent) => {
      if (!hasFiles(e)) return;
      e.preventDefault();
      depth = 0;
      setOver(false);
      // Entries and files must be taken now: the transfer is emptied when this handler returns.
      const items = [...(e.dataTransfer?.items ?? [])].filter((x) => x.kind === "file");
      void fromTransfer(items.map((x) => ({ entry: x.webkitGetAsEntry(), file: x.getAsFile() }))).then(
        (all) => handler.current(all),
      );
    };
    const all = { dragenter: enter, dragleave: leave, dragover: move, drop } as const;
    for (const [name, f] of Object.entries(all)) window.addEventListener(name as "drop", f);
    return () => {
      for (const [name, f] of Object.entries(all)) window.removeEventListener(name as "drop", f);
    };
  }, []);
  return over;
}

/** The same from a file chooser, which names the folder only in each file's path. */
export function fromChooser(list: FileList | null): Dropped[] {
  const files = [...(list ?? [])];
  const folder = files[0]?.webkitRelativePath.split("/")[0];
  if (folder) return [{ name: folder, files, folder: true }];
  return files.map((file) => ({ name: file.name, files: [file], folder: false }));
}
