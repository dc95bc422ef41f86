// Numbers and names as they are read.

const STEPS = {
  ns: [["ns", 1], ["µs", 1e3], ["ms", 1e6], ["s", 1e9], ["min", 60e9], ["h", 3600e9]],
  bytes: [["B", 1], ["KiB", 1024], ["MiB", 1024 ** 2], ["GiB", 1024 ** 3], ["TiB", 1024 ** 4]],
};

// A value with its unit: "1.2 ms", "3.4 MiB", "12,345 samples".
export function quantity(value, unit) {
  const steps = STEPS[unit];
  if (!steps) return unit ? `${count(value)} ${unit}` : count(value);
  if (value === 0) return `0 ${steps[0][0]}`;
  const size = Math.abs(value);
  let [name, one] = steps[0];
  for (const [larger, factor] of steps) if (size >= factor) [name, one] = [larger, factor];
  const scaled = value / one;
  return `${one === 1 ? count(scaled) : scaled.toFixed(Math.abs(scaled) >= 100 ? 0 : 1)} ${name}`;
}

// How the values of a column are said whose head says the unit: {unit, text(value)}. Units that scale stand at the values.
export function bare(unit) {
  return unit && !STEPS[unit] ? { unit: `, ${unit}`, text: count } : { unit: "", text: (value) => quantity(value, unit) };
}

// A number with its thousands set apart; fractions keep two places, or three digits below 1.
export function count(value) {
  const near = Math.round(value);
  if (Math.abs(value - near) <= 1e-9 * Math.abs(near)) value = near;  // sums of scaled counts
  const grouped = (text) => text.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  if (Number.isInteger(value)) return (value < 0 ? "-" : "") + grouped(Math.abs(value).toFixed(0));
  if (Math.abs(value) < 1) return String(Number(value.toPrecision(3)));
  const [whole, places] = Math.abs(value).toFixed(2).split(".");
  return `${value < 0 ? "-" : ""}${grouped(whole)}.${places}`;
}

// Units that scale say what they are by themselves; of others the name is said: "samples", "instructions".
export function amount(metric) {
  return metric.unit && metric.unit !== metric.name && !STEPS[metric.unit] ? `${metric.name} (${metric.unit})` : metric.name;
}

export function percent(part, whole) {
  if (!(whole > 0)) return "–";
  const share = (100 * part) / whole;
  if (share === 0) return "0%";
  if (Math.abs(share) < 0.01) return share < 0 ? ">-0.01%" : "<0.01%";
  return `${share.toFixed(Math.abs(share) < 10 ? 2 : 1)}%`;
}

// A change of `before`: "+12.5%", "new", "gone".
export function relative(before, after) {
  if (before === after) return "0%";
  if (before === 0) return "new";
  if (after === 0) return "gone";
  const share = (100 * (after - before)) / before;
  return `${share < 0 ? "-" : "+"}${Math.abs(share).toFixed(Math.abs(share) < 10 ? 2 : 1)}%`;
}

export function signed(value, unit) {
  return (value > 0 ? "+" : "") + quantity(value, unit);
}

// A name in at most `room` characters, cut where it tells least: arguments and type parameters first, then what stands
// before the last "::", "." or "/", then the end.
export function shorten(name, room) {
  if (name.length <= room) return name;
  if (room < 2) return "";
  const bare = withoutBrackets(name);
  if (bare.length <= room) return bare;
  const parts = bare.split(/(?<=::|\/|(?<=\w)\.(?=[A-Za-z_])|;|`|\$)/);
  for (let i = 1; i < parts.length; i++) {
    const rest = parts.slice(i).join("");
    if (rest.length + 1 <= room && rest.length > 2) return `…${rest}`;
  }
  const last = parts[parts.length - 1].length > 2 ? parts[parts.length - 1] : bare;
  return `${Array.from(last).slice(0, Math.max(room - 1, 1)).join("")}…`;
}

// Without what stands in brackets behind a name: `f<int>(char*)` → `f`. A name that begins with a bracket keeps it, and
// so does an operator.
function withoutBrackets(name) {
  if (name.includes("operator")) return name;
  let depth = 0, text = "";
  for (let i = 0; i < name.length; i++) {
    const character = name[i];
    if (i > 0 && (character === "<" || character === "(")) depth++;
    if (depth === 0) text += character;
    if (depth > 0 && (character === ">" && name[i - 1] !== "-" || character === ")")) depth--;
  }
  return depth === 0 && text.trim().length > 2 ? text.trim() : name;
}
