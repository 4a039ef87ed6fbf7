// What stands on a map: a client as a shape in its segment's colour, many clients as a pill with their shares.
/* global L */
import { cornersOf, element, signOf, svg } from "../legend.js";
import { many, said } from "../words.js";

const APPROXIMATE = {
  commune: said("atTown"),
  postal_code: said("atPostcode"),
  department: said("atDepartment"),
};
const coarse = window.matchMedia("(pointer: coarse)").matches;
const RADIUS = coarse ? 8.5 : 6.5;

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

// The words of a popup are set as text: a client may be called "<script>". What to do next is asked for when it opens.
const popupOf = ({ properties, id }, segment, address, next) => {
  const box = element("div", "map-popup");
  const link = element("a", "map-popup-name", properties.name);
  link.href = address(id);
  const named = element("p", "map-popup-segment");
  named.append(signOf(segment), segment.name);
  box.append(link, named);
  const distance = properties.distance_km ? said("distance", { km: many(properties.distance_km) }) : "";
  const where = [properties.city, distance].filter(Boolean).join(", ");
  if (where) box.append(element("p", "", where));
  if (APPROXIMATE[properties.precision]) box.append(element("p", "quiet", APPROXIMATE[properties.precision]));
  const step = element("p", "map-popup-next");
  box.append(step);
  next?.(id).then((text) => {
    step.textContent = text;
  });
  return box;
};

// `group` colours it, `segment` is named in its popup (each { key, name, tint, sign }); `next(id)` promises the sentence
// on what to do next.
export const pointMark = (feature, group, address, { segment = group, more = "", next = null } = {}) => {
  const [longitude, latitude] = feature.geometry.coordinates;
  const hollow = ["postal_code", "department"].includes(feature.properties.precision) ? "mark-hollow" : "";
  const mark = new Mark([latitude, longitude], {
    radius: RADIUS, corners: cornersOf(group.sign), className: `mark ${group.tint} ${hollow} ${more}`.trim(), tint: group.tint,
  });
  return mark.bindPopup(() => popupOf(feature, segment, address, next), { maxWidth: 280, minWidth: 160 });
};

// A number over a strip of shares. `counts`: [tint, how many], in the order of the legend.
export const pill = (total, counts) => {
  const digits = many(total);
  const box = element("div", "map-pill");
  box.append(element("span", "", digits), element("span", "visually-hidden", ` ${said("here")}`));
  const strip = svg("svg", { class: "map-strip", viewBox: `0 0 ${total} 1`, preserveAspectRatio: "none", "aria-hidden": "true" });
  let at = 0;
  for (const [tint, count] of counts) {
    strip.append(svg("rect", { x: at, width: count, height: 1, class: `strip ${tint}` }));
    at += count;
  }
  box.append(strip);
  const width = Math.min(64, 24 + digits.length * 8);
  return L.divIcon({ html: box, className: "map-cluster", iconSize: [width, 30] });
};

// Many points as one group that falls apart when one comes nearer, and fans out where they share a place.
export const clusterOf = (tints) =>
  L.markerClusterGroup({
    showCoverageOnHover: false,
    maxClusterRadius: 64,
    spiderLegPolylineOptions: { className: "map-leg", weight: 1 },
    iconCreateFunction: (cluster) => {
      const counts = new Map(tints.map((tint) => [tint, 0]));
      for (const { options } of cluster.getAllChildMarkers()) {
        counts.set(options.tint, (counts.get(options.tint) ?? 0) + 1);
      }
      return pill(cluster.getChildCount(), [...counts].filter(([, count]) => count));
    },
  });
