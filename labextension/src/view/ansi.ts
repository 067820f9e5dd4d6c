/** Text styles as ANSI's SGR sequences set them (ECMA-48, 8.3.117). */

/** A colour: an index into the palette of 16, or `#rrggbb`. */
export type Color = number | string;

export interface Style {
  readonly fg?: Color | undefined;
  readonly bg?: Color | undefined;
  readonly bold?: boolean | undefined;
  readonly dim?: boolean | undefined;
  readonly italic?: boolean | undefined;
  readonly underline?: boolean | undefined;
  readonly strike?: boolean | undefined;
  readonly inverse?: boolean | undefined;
  /** It came from stderr. */
  readonly error?: boolean | undefined;
}

export const PLAIN: Style = Object.freeze({});

const KEYS = [
  'fg',
  'bg',
  'bold',
  'dim',
  'italic',
  'underline',
  'strike',
  'inverse',
  'error'
] as const;

export function sameStyle(a: Style, b: Style): boolean {
  return a === b || KEYS.every(key => a[key] === b[key]);
}

const ON: { [code: number]: Style } = {
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
  9: { strike: true },
  22: { bold: undefined, dim: undefined },
  23: { italic: undefined },
  24: { underline: undefined },
  27: { inverse: undefined },
  29: { strike: undefined },
  39: { fg: undefined },
  49: { bg: undefined }
};

/** The style after an SGR sequence; what is not known is passed over. */
export function applySgr(style: Style, parameters: string): Style {
  const codes = parameters.split(/[;:]/).map(Number);
  let next = style;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] || 0;
    const change = ON[code];
    if (code === 0) {
      next = PLAIN;
    } else if (change) {
      next = { ...next, ...change };
    } else if (code === 38 || code === 48) {
      const [color, used] = extended(codes.slice(i + 1));
      next = { ...next, [code === 38 ? 'fg' : 'bg']: color };
      i += used;
    } else {
      next = { ...next, ...basic(code) };
    }
  }
  return next;
}

function basic(code: number): Style {
  const index = code % 10;
  switch (index < 8 ? (code - index) / 10 : 0) {
    case 3:
      return { fg: index };
    case 4:
      return { bg: index };
    case 9:
      return { fg: index + 8 };
    case 10:
      return { bg: index + 8 };
    default:
      return PLAIN;
  }
}

/** The colour that follows a 38 or 48, and how many parameters it took. */
function extended(codes: number[]): [Color | undefined, number] {
  if (codes[0] === 5) {
    return [palette(codes[1] ?? 0), 2];
  }
  if (codes[0] === 2) {
    return [hex(codes.slice(1, 4)), 4];
  }
  return [undefined, codes.length];
}

/** The palette of 256: 16 named, a cube of 6 × 6 × 6, 24 greys. */
function palette(index: number): Color | undefined {
  if (index < 16) {
    return index;
  }
  if (index > 255) {
    return undefined;
  }
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return hex([grey, grey, grey]);
  }
  const level = (n: number) => (n === 0 ? 0 : 55 + 40 * n);
  const cube = index - 16;
  return hex([
    level(Math.floor(cube / 36)),
    level(Math.floor(cube / 6) % 6),
    level(cube % 6)
  ]);
}

function hex(rgb: number[]): string {
  const two = (n: number | undefined) =>
    Math.min(255, Math.max(0, n || 0))
      .toString(16)
      .padStart(2, '0');
  return `#${two(rgb[0])}${two(rgb[1])}${two(rgb[2])}`;
}
