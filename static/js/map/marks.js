// What stands on a map: a client as a shape in its segment's colour, many clients as a pill with their shares.
/* global L */
const SVG = "http://www.w3.org/2000/svg";
const SHAPES = JSON.parse(document.getElementById("shapes").textContent);
const APPROXIMATE = {
  commune: "Placé au centre de la commune.",
  postal_code: "Position approximative : milieu du code postal.",
  department: "Position approximative : milieu du département.",
};
const coarse = window.matchMedia("(pointer: coarse)").matches;
const RADIUS = coarse ? 8.5 : 6.5;

const keyOf = (segment) => (segment ? String(segment.colour) : "none");

const element = (name, className, text) => {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
};

const svg = (name, attributes) => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};

// A circle that knows other shapes. Its colours are classes, so that light and dark are the style sheet's business.
const Mark = L.CircleMarker.extend({
  _updatePath() {
    const { corners } = this.options;
    if (!corners.length) return L.CircleMarker.prototype._updatePath.call(this);
    const { x, y } = this._point;
    const at = corners.map(([right, down]) => `${x + right * this._radius},${y + down * this._radius}`);
    return this._renderer._setPath(this, `M${at.join("L")}Z`);
  },
});

const shapeOf = (key) => {
  const drawn = svg("svg", { class: `shape segment-${key}`, viewBox: "-1.7 -1.7 3.4 3.4", "aria-hidden": "true" });
  const corners = SHAPES[key];
  drawn.append(corners.length ? svg("polygon", { points: corners.join(" ") }) : svg("circle", { r: "1" }));
  return drawn;
};

// The words of a popup are set as text: a client may be called "<script>".
const popupOf = ({ properties, id }, segment, address) => {
  const box = element("div", "map-popup");
  const link = element("a", "map-popup-name", properties.name);
  link.href = address(id);
  const named = element("p", "map-popup-segment");
  named.append(shapeOf(keyOf(segment)), segment ? segment.name : "Sans segment");
  box.append(link, named);
  const distance = properties.distance_km ? `à ${properties.distance_km.toLocaleString("fr-FR")} km` : "";
  const where = [properties.city, distance].filter(Boolean).join(", ");
  if (where) box.append(element("p", "", where));
  if (APPROXIMATE[properties.precision]) box.append(element("p", "quiet", APPROXIMATE[properties.precision]));
  return box;
};

export const pointMark = (feature, segment, address, more = "") => {
  const [longitude, latitude] = feature.geometry.coordinates;
  const key = keyOf(segment);
  const hollow = ["postal_code", "department"].includes(feature.properties.precision) ? "mark-hollow" : "";
  const mark = new Mark([latitude, longitude], {
    radius: RADIUS, corners: SHAPES[key], className: `mark segment-${key} ${hollow} ${more}`.trim(), segmentKey: key,
  });
  return mark.bindPopup(() => popupOf(feature, segment, address), { maxWidth: 280, minWidth: 160 });
};

// A number over a strip of shares. `counts`: [key of a segment, how many], in the order of the legend.
export const pill = (total, counts) => {
  const digits = total.toLocaleString("fr-FR");
  const box = element("div", "map-pill");
  box.append(element("span", "", digits), element("span", "visually-hidden", " clients ici"));
  const strip = svg("svg", { class: "map-strip", viewBox: `0 0 ${total} 1`, preserveAspectRatio: "none", "aria-hidden": "true" });
  let at = 0;
  for (const [key, count] of counts) {
    strip.append(svg("rect", { x: at, width: count, height: 1, class: `strip segment-${key}` }));
    at += count;
  }
  box.append(strip);
  const width = Math.min(64, 24 + digits.length * 8);
  return L.divIcon({ html: box, className: "map-cluster", iconSize: [width, 30] });
};

// Many points as one group that falls apart when one comes nearer, and fans out where they share a place.
export const clusterOf = (keys) =>
  L.markerClusterGroup({
    showCoverageOnHover: false,
    maxClusterRadius: 64,
    spiderLegPolylineOptions: { className: "map-leg", weight: 1 },
    iconCreateFunction: (cluster) => {
      const counts = new Map(keys.map((key) => [key, 0]));
      for (const { options } of cluster.getAllChildMarkers()) {
        counts.set(options.segmentKey, (counts.get(options.segmentKey) ?? 0) + 1);
      }
      return pill(cluster.getChildCount(), [...counts].filter(([, count]) => count));
    },
  });
