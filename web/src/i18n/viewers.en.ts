/** Words of the viewers. */
export const viewersEn = {
  "dicom.canvas": "Pictures of {name}. Arrow keys leaf, plus and minus zoom, space plays.", "dicom.failed": "The browser could not decode this file. {why}",
  "dicom.undecodable": "Its header or its encoding is not understood here.", "dicom.noPictures": "It holds no picture.", "dicom.left": "{n} files without pictures left out",
  "dicom.help": "Wheel: leaf. Middle button: pan. Right button: zoom. Keys: arrows, Page Up/Down, Home, End, + − 0, i invert, r rotate, h v flip, space plays.",
  "dicom.mouse": "Left mouse button", "dicom.measure": "Measure", "dicom.window": "Window", "dicom.pan": "Pan", "dicom.zoom": "Zoom", "dicom.leaf": "Leaf",
  "dicom.length": "Length", "dicom.angle": "Angle", "dicom.rectangle": "Rectangle", "dicom.ellipse": "Ellipse", "dicom.clear": "Clear measurements",
  "dicom.center": "Centre", "dicom.width": "Width", "dicom.preset": "Preset", "dicom.turn": "Turn and invert", "dicom.invert": "Invert", "dicom.rotate": "Rotate",
  "dicom.flipH": "Flip ↔", "dicom.flipV": "Flip ↕", "dicom.reset": "Reset", "dicom.play": "Play", "dicom.stop": "Stop", "dicom.fps": "Frames/s", "dicom.slice": "Slice",
  "dicom.pixel": "Pixel", "dicom.gap": "Slice distance", "dicom.thickness": "Thickness", "dicom.area": "Area", "dicom.mean": "Mean", "dicom.deviation": "SD",
  "dicom.softTissue": "Soft tissue", "dicom.lung": "Lung", "dicom.bone": "Bone", "dicom.brain": "Brain", "dicom.stroke": "Stroke", "dicom.liver": "Liver", "dicom.mediastinum": "Mediastinum",
} as const;
