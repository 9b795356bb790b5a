import type { viewersEn } from "./viewers.en";

export const viewersZh: Record<keyof typeof viewersEn, string> = {
  "dicom.canvas": "{name} 的图像。方向键翻页，加减号缩放，空格播放。", "dicom.failed": "浏览器无法解码此文件。{why}",
  "dicom.undecodable": "无法识别其文件头或编码方式。", "dicom.noPictures": "其中没有图像。", "dicom.left": "略去 {n} 个不含图像的文件",
  "dicom.help": "滚轮：翻页。中键：平移。右键：缩放。按键：方向键、Page Up/Down、Home、End、+ − 0，i 反相，r 旋转，h v 翻转，空格播放。",
  "dicom.mouse": "鼠标左键", "dicom.measure": "测量", "dicom.window": "窗宽窗位", "dicom.pan": "平移", "dicom.zoom": "缩放", "dicom.leaf": "翻页",
  "dicom.length": "长度", "dicom.angle": "角度", "dicom.rectangle": "矩形", "dicom.ellipse": "椭圆", "dicom.clear": "清除测量",
  "dicom.center": "窗位", "dicom.width": "窗宽", "dicom.preset": "预设", "dicom.turn": "旋转与反相", "dicom.invert": "反相", "dicom.rotate": "旋转",
  "dicom.flipH": "翻转 ↔", "dicom.flipV": "翻转 ↕", "dicom.reset": "复位", "dicom.play": "播放", "dicom.stop": "停止", "dicom.fps": "帧/秒", "dicom.slice": "层",
  "dicom.pixel": "像素", "dicom.gap": "层间距", "dicom.thickness": "层厚", "dicom.area": "面积", "dicom.mean": "均值", "dicom.deviation": "标准差",
  "dicom.softTissue": "软组织", "dicom.lung": "肺", "dicom.bone": "骨", "dicom.brain": "脑", "dicom.stroke": "卒中", "dicom.liver": "肝", "dicom.mediastinum": "纵隔",
};
