// Colours: by name, by module, by kind of code, by change. All are [red, green, blue]; dark pages get calmer ones.

// The numbers are those of `flamegraph.profile.Kind`.
export const KINDS = [
  "user code", "kernel", "compiled at run time", "inlined", "interpreted", "compiled quickly (C1)", "waker", "process",
  "thread", "on the GPU", "boundary", "GPU instruction",
];

export const GPU = 9;

// After the AI flame graphs of Intel's iaprof: kernel orange, interpreted code pink, the GPU blue-green.
const KIND_COLORS = [
  [236, 133, 112], [240, 168, 72], [132, 200, 112], [122, 200, 200], [246, 160, 176], [190, 205, 110], [150, 170, 225],
  [190, 190, 198], [206, 206, 214], [96, 190, 214], [200, 200, 200], [110, 205, 140],
];

// What shrank and what grew: the faintest and the full colour of each. The first pair (Okabe and Ito's blue and
// vermilion) stays apart for people who confuse red with green or see little red.
export const CHANGES = {
  blueorange: { shrank: [[214, 232, 243], [0, 114, 178]], grew: [[248, 225, 208], [213, 94, 0]] },
  redblue: { shrank: [[214, 214, 255], [40, 60, 230]], grew: [[255, 214, 214], [226, 30, 30]] },
};

const EVEN = [236, 236, 236], NOISE = [214, 214, 214];

export const css = ([red, green, blue]) => `rgb(${red | 0},${green | 0},${blue | 0})`;

// How much of a box and of its label is seen, the rest is paper: of most, of what is zoomed out of, of what a search leaves
// behind. On the last two labels are black on light pages and white on dark ones.
export const SEEN = { plain: { box: 1, label: 1 }, outer: { box: 0.45, label: 1 }, faint: { box: 0.3, label: 0.7 } };

// Black or white, whichever can be read on a colour: 4.5 to 1 or more, as WCAG's AA asks, which only a full black allows.
export function ink(rgb) {
  return luminance(rgb) > 0.179 ? "#000000" : "#ffffff";
}

export function luminance(rgb) {
  const [red, green, blue] = rgb.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

const mix = (one, other, share) => one.map((value, i) => value + (other[i] - value) * share);

export const calm = (rgb, dark) => (dark ? mix(rgb, [30, 30, 36], 0.25) : mix(rgb, [255, 255, 255], 0.25));

// The colour of each name, where it does not depend on a change. `functions` has columns: kind, module, red, green, blue.
export function byName(palette, functions, modules, dark) {
  const count = functions.kind.length;
  const shade = palette === "module" ? modules.map(moduleColor) : null;
  return Array.from({ length: count }, (_, i) => {
    const own = [functions.red[i], functions.green[i], functions.blue[i]];
    return calm(shade ? shade[functions.module[i]] : palette === "kind" ? kindColor(functions.kind[i]) : own, dark);
  });
}

export const kindColor = (kind) => KIND_COLORS[kind] ?? KIND_COLORS[0];

export function moduleColor(module) {
  if (!module) return [205, 205, 205];
  let hash = 2166136261;
  for (const character of module) hash = Math.imul(hash ^ character.codePointAt(0), 16777619) >>> 0;
  return fromHue(hash % 360, 0.42 + ((hash >>> 9) % 20) / 100, 0.68 + ((hash >>> 17) % 12) / 100);
}

function fromHue(hue, saturation, lightness) {
  const reach = saturation * Math.min(lightness, 1 - lightness);
  return [0, 8, 4].map((offset) => {
    const k = (offset + hue / 30) % 12;
    return Math.round(255 * (lightness - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  });
}

// The colour of a change: `share` is from -1 (the largest that shrank) to 1, `sure` from 0 (noise) to 1.
export function changeColor(share, sure, palette, dark) {
  if (sure === 0) return calm(share === 0 ? EVEN : NOISE, dark);
  const [faint, full] = CHANGES[palette][share < 0 ? "shrank" : "grew"];
  const rgb = share === 0 ? EVEN : mix(faint, full, Math.min(Math.sqrt(Math.abs(share)), 1));
  return calm(mix(NOISE, rgb, 0.25 + 0.75 * sure), dark);
}
