// Numbers and names as they are read. Numbers are those of flamegraph/units.py, to the last digit.

const TIME = [["ns", 1], ["µs", 1e3], ["ms", 1e6], ["s", 1e9], ["min", 60e9], ["h", 3600e9]];
const SIZE = [["B", 1], ...["KiB", "MiB", "GiB", "TiB", "PiB"].map((name, i) => [name, 1024 ** (i + 1)])];

// The spellings of units that scale, each with its steps and its size in the smallest of them.
const SCALES = new Map([
  ["ns", [TIME, 1]], ["us", [TIME, 1e3]], ["µs", [TIME, 1e3]], ["ms", [TIME, 1e6]], ["s", [TIME, 1e9]],
  ["bytes", [SIZE, 1]], ["byte", [SIZE, 1]], ["B", [SIZE, 1]],
]);

// A value with its unit: "1.2 ms", "3.4 MiB", "12,345 samples". The unit is chosen by what is then shown.
export function quantity(value, unit) {
  if (!SCALES.has(unit)) return unit ? `${count(value)} ${unit}` : count(value);
  const [steps, one] = SCALES.get(unit), size = value * one;
  const at = steps.findIndex(([, step], i) => i === steps.length - 1 || Math.abs(fixed(size / step, 1)) * step < steps[i + 1][1]);
  const [name, step] = steps[at];
  return `${step === 1 ? count(size) : grouped(fixed(size / step, 1))} ${name}`;
}

// How the values of a column are said whose head says the unit: {unit, text(value)}. Units that scale stand at the values.
export function bare(unit) {
  return unit && !SCALES.has(unit) ? { unit: `, ${unit}`, text: count } : { unit: "", text: (value) => quantity(value, unit) };
}

// A number with its thousands set apart; fractions keep two places, or three digits below 1.
export function count(value) {
  if (Number.isInteger(value)) return grouped(fixed(value, 0));
  if (Math.abs(value) >= 1) return grouped(fixed(value, 2).replace(/\.?0+$/, ""));
  const [digits, power] = value.toExponential(2).split("e");
  if (power < -4) return `${digits.replace(/\.?0+$/, "")}e-${String(-power).padStart(2, "0")}`;
  return fixed(value, 2 - power).replace(/\.?0+$/, "");
}

const grouped = (text) => text.replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ",");

// A number with so many places. What lies half-way goes to the even digit.
function fixed(value, places) {
  const halves = value * 10 ** places * 2;
  const between = halves % 2 !== 0 && Number.isInteger(halves) && Number.isInteger(value * 2 ** (places + 1));
  return (between ? (2 * Math.round(halves / 4)) / 10 ** places : value).toFixed(places);
}

// Units that scale say what they are by themselves; of others the name is said: "samples", "instructions".
export function amount(metric) {
  return metric.unit && metric.unit !== metric.name && !SCALES.has(metric.unit) ? `${metric.name} (${metric.unit})` : metric.name;
}

export function percent(part, whole) {
  if (!(whole > 0)) return "–";
  const share = (100 * part) / whole;
  if (share === 0) return "0%";
  if (Math.abs(share) < 0.01) return share < 0 ? ">-0.01%" : "<0.01%";
  return `${places(share)}%`;
}

// Three digits or so: 2.35, 23.5.
const places = (share) => (Math.abs(share.toFixed(2)) < 10 ? share.toFixed(2) : share.toFixed(1));

// A change of `before`: "+12.5%", "new", "gone".
export function relative(before, after) {
  if (before === after) return "0%";
  if (before === 0) return "new";
  if (after === 0) return "gone";
  const share = (100 * (after - before)) / before;
  return `${share < 0 ? "-" : "+"}${places(Math.abs(share))}%`;
}

export function signed(value, unit) {
  return (value > 0 ? "+" : "") + quantity(value, unit);
}

// A name in at most `room` characters, cut where it tells least: arguments and type parameters first, then what stands
// before the last "::", ": ", "/" or ".", then the end.
export function shorten(name, room) {
  if (name.length <= room) return name;
  if (room < 2) return "";
  const bare = withoutBrackets(name);
  if (bare.length <= room) return bare;
  const parts = bare.split(/(?=::|\/)|(?<=[;`$])|(?<=: )|(?<=[\w>)]\.)(?=[A-Za-z_<])/);
  let rest = "";
  for (let i = parts.length - 1; i > 0 && rest.length + parts[i].length < room; i--) rest = parts[i] + rest;
  if (rest.length > 2) return `…${rest}`;
  const last = parts.at(-1).replace(/^(::|\/)/, "");
  return `${(last.length > 2 ? last : bare).slice(0, room - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

const OPERATOR = /operator(?!\w)(?:\(\)|\[\]|<=>|<<=?|>>=?|->\*?|[<>]=?)?/y;

// Without what stands in brackets behind a name: `f<int>(char*)` → `f`. Brackets that are a name, or of an operator's, stay.
function withoutBrackets(name) {
  let depth = 0, text = "";
  for (let i = 0; i < name.length; i++) {
    const character = name[i];
    if (depth === 0 && character === "o" && !/\w/.test(name.charAt(i - 1))) {
      OPERATOR.lastIndex = i;
      const [operator] = OPERATOR.exec(name) ?? [""];
      if (operator) {
        text += operator;
        i += operator.length - 1;
        continue;
      }
    }
    const opens = character === "<" || character === "(";
    if (opens && (depth > 0 || !(text.endsWith(": ") || ":./;`$".includes(text.at(-1) ?? ":")))) depth++;
    if (depth === 0) text += character;
    else if (character === ">" && name[i - 1] !== "-" || character === ")") depth--;
  }
  return depth === 0 && text.trim() !== "" ? text.trim() : name;
}
