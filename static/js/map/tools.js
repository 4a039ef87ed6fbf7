// What one does with the map beside looking: draw a line around clients, take those around the middle, read who is in
// sight. Each gives addresses; the filters do the rest.
import { element, signOf } from "../legend.js";
import { createLasso, holds } from "../lasso.js";
import { many, said } from "../words.js";

const LISTED = 100;

// `address` with a parameter more; `bbox` and the other areas give way to it.
const withArea = (address, name, value) => {
  const url = new URL(address, window.location.href);
  for (const area of ["area", "near", "bbox", "page"]) url.searchParams.delete(area);
  url.searchParams.set(name, value);
  return `${url.pathname}${url.search}`;
};

// `part(name)`: the page's elements; `addresses()`: the present addresses of list and visits; `points`: see points.js.
export const addTools = (map, part, addresses, points) => {
  const dense = () => part("side").dataset.dense === "true";

  const surround = (corners) => {
    const places = corners.map((corner) => map.containerPointToLatLng(corner));
    const shape = places.map(({ lat, lng }) => [lng, lat]);
    const value = shape.flat().map((degrees) => degrees.toFixed(4)).join(",");
    const count = points.inside((longitude, latitude) => holds(shape, longitude, latitude)).length;
    part("found").hidden = false;
    part("found-list").href = withArea(addresses().list, "area", value);
    part("found-list").textContent = dense() ? said("foundSome") : said("found", { count: many(count) });
    part("found-only").href = withArea(window.location.href, "area", value);
    part("found-visits").href = withArea(addresses().visits, "area", value);
    part("found-list").focus();
  };

  const aim = () => {
    const { lat, lng } = map.getCenter();
    part("near").href = withArea(window.location.href, "near", `${lng.toFixed(4)},${lat.toFixed(4)},${part("radius").value}`);
  };

  const line = ({ id, name, group }, address) => {
    const item = element("li");
    const link = element("a", "", name);
    link.href = address(id);
    item.append(signOf(group), link);
    return item;
  };

  const list = (address) => {
    const view = map.getBounds();
    const seen = points.inside((longitude, latitude) => view.contains([latitude, longitude]));
    seen.sort((one, other) => one.name.localeCompare(other.name, "fr"));
    part("seen").textContent = dense()
      ? said("tooMany")
      : said(seen.length > LISTED ? "seenFirst" : seen.length > 1 ? "seenSome" : "seenOne", { count: many(seen.length), listed: LISTED });
    part("list").replaceChildren(...seen.slice(0, LISTED).map((client) => line(client, address)));
  };

  createLasso(map.getContainer(), part("lasso"), surround);
  part("radius").addEventListener("change", aim);
  map.on("moveend", aim);
  aim();
  return { list };
};
