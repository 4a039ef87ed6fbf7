// Signs and legends made by scripts, as the server makes its own (segmentation.web.shapes).
import { many } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = JSON.parse(document.getElementById("shapes")?.textContent ?? "{}");

export const cornersOf = (sign) => SHAPES[sign] ?? [];

export const svg = (name, attributes) => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};

export const element = (name, className, text) => {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
};

export const signOf = ({ tint, sign }) => {
  const drawn = svg("svg", { class: `shape ${tint}`, viewBox: "-1.7 -1.7 3.4 3.4", "aria-hidden": "true" });
  const corners = cornersOf(sign);
  drawn.append(corners.length ? svg("polygon", { points: corners.join(" ") }) : svg("circle", { r: "1" }));
  return drawn;
};

// One line: a checkbox that shows and hides, the sign, the name, how many.
const lineOf = (group, hidden, toggle) => {
  const label = element("label", "legend-line");
  const box = element("input", "form-check-input");
  box.type = "checkbox";
  box.checked = !hidden.has(group.key);
  box.addEventListener("change", () => toggle(group.key, box.checked));
  label.append(box, signOf(group), group.name, " ", element("span", "quiet", many(group.indices.length)));
  return label;
};

export const fillLegend = (place, groups, hidden, toggle) => {
  place.replaceChildren(...groups.map((group) => lineOf(group, hidden, toggle)));
};
