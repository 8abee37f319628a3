import type { Box } from "./types";

/**
 * A box of the stored picture as it lies on the upright one. `width` and `height` are those of the
 * upright picture, `orientation` is EXIF's number, 1 to 8.
 */
export function upright([x, y, w, h]: Box, orientation: number, width: number, height: number): Box {
  switch (orientation) {
    case 2:
      return [width - x - w, y, w, h];
    case 3:
      return [width - x - w, height - y - h, w, h];
    case 4:
      return [x, height - y - h, w, h];
    case 5:
      return [y, x, h, w];
    case 6:
      return [width - y - h, x, h, w];
    case 7:
      return [width - y - h, height - x - w, h, w];
    case 8:
      return [y, height - x - w, h, w];
    default:
      return [x, y, w, h];
  }
}
