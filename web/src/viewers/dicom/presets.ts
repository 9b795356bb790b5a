import type { Key } from "../../i18n";

/** Usual windows of CT in Hounsfield units. */
export const CT_WINDOWS: readonly { key: Key; center: number; width: number }[] = [
  { key: "dicom.softTissue", center: 40, width: 400 },
  { key: "dicom.lung", center: -600, width: 1500 },
  { key: "dicom.bone", center: 400, width: 1800 },
  { key: "dicom.brain", center: 40, width: 80 },
  { key: "dicom.stroke", center: 32, width: 8 },
  { key: "dicom.liver", center: 60, width: 160 },
  { key: "dicom.mediastinum", center: 50, width: 350 },
];
