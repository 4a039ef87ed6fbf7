// The ground of every map: outlines of the departments, names of towns, tiles only where the site names a server.
/* global L */
import { said } from "../words.js";

const METROPOLE = [[41.2, -5.4], [51.2, 9.8]];
export const REGIONS = [
  [said("mainland"), METROPOLE],
  ["Guadeloupe", [[15.8, -61.95], [16.55, -60.95]]],
  ["Martinique", [[14.35, -61.3], [14.92, -60.75]]],
  ["Guyane", [[2.0, -54.7], [5.9, -51.5]]],
  ["La Réunion", [[-21.45, 55.15], [-20.82, 55.9]]],
  ["Mayotte", [[-13.08, 44.95], [-12.6, 45.35]]],
];
// Outlines have a grid of a kilometre: nearer than this they would lie. Tiles go on.
const NEAREST = { outlines: 12, tiles: 18 };

// An empty map over the whole mainland. `data` is the dataset of the frame: outlines, towns, tiles.
export const createMap = (canvas, data, options = {}) => {
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map(canvas, {
    maxZoom: data.tiles ? NEAREST.tiles : NEAREST.outlines,
    minZoom: 2,
    zoomSnap: 0.5,
    zoomControl: false,
    attributionControl: false,
    zoomAnimation: !still,
    fadeAnimation: !still,
    markerZoomAnimation: !still,
    ...options,
  });
  L.control.zoom({ zoomInTitle: said("nearer"), zoomOutTitle: said("further") }).addTo(map);
  L.control.attribution({ prefix: false }).addAttribution(said("sources")).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  map.fitBounds(METROPOLE);
  addGround(map, data);
  map.on("popupopen", ({ popup }) => {
    popup.getElement().querySelector(".leaflet-popup-close-button")?.setAttribute("aria-label", said("close"));
  });
  return map;
};

const addGround = (map, data) => {
  const ground = map.createPane("ground");
  const names = map.createPane("names");
  for (const pane of [ground, names]) pane.classList.add("map-still");
  if (data.tiles) {
    // Tile servers want to know who asks; the site's own policy says nothing to strangers.
    const tiles = L.tileLayer(data.tiles, { maxZoom: NEAREST.tiles, referrerPolicy: "strict-origin-when-cross-origin" });
    tiles.addTo(map).getContainer().classList.add("map-tiles");
  }
  addOutlines(map, data.outlines);
  addNames(map, data.towns);
};

const getJson = async (address) => {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.json();
};

const addOutlines = async (map, address) => {
  try {
    const outlines = await getJson(address);
    const renderer = L.svg({ pane: "ground", padding: 0.5 });
    L.geoJSON(outlines, {
      pane: "ground", renderer, interactive: false, style: { className: "department", weight: 1 },
    }).addTo(map);
  } catch {
    // Points without a ground are still points.
  }
};

// Above, below, right or left of the point: in pixels, for a name of this width.
const sides = (width) => [[0, -24], [0, 24], [width / 2 + 28, 0], [-width / 2 - 28, 0], [0, 0]];
const LETTER = 6.2;
const boxAt = (x, y, width, height) => ({ left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2 });
const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

// What a name must not cover: pills, points and buttons, as boxes in the map's own pixels.
const OCCUPIED = ".map-cluster, .mark, .leaflet-control";
const occupied = (map) => {
  const { left, top } = map.getContainer().getBoundingClientRect();
  return [...map.getContainer().querySelectorAll(OCCUPIED)].map((thing) => {
    const box = thing.getBoundingClientRect();
    return { left: box.left - left, right: box.right - left, top: box.top - top, bottom: box.bottom - top };
  });
};

// Names of towns, as many as have room at this zoom, beside the points and not under them.
const addNames = async (map, address) => {
  let towns = [];
  try {
    towns = await getJson(address);
  } catch {
    return;
  }
  const shown = L.layerGroup().addTo(map);
  const draw = () => {
    const view = map.getBounds().pad(0.1);
    const zoom = map.getZoom();
    const taken = occupied(map);
    shown.clearLayers();
    for (const [name, latitude, longitude, first] of towns) {
      if (first > zoom) break;
      if (!view.contains([latitude, longitude])) continue;
      const { x, y } = map.latLngToContainerPoint([latitude, longitude]);
      const width = name.length * LETTER + 4;
      const free = sides(width).find(([right, down]) => !taken.some((box) => meet(box, boxAt(x + right, y + down, width, 13))));
      if (!free) continue;
      taken.push(boxAt(x + free[0], y + free[1], width, 13));
      shown.addLayer(nameAt([latitude, longitude], name, free));
    }
  };
  // After the groups have found their places.
  let waiting = 0;
  map.on("moveend settled", () => {
    clearTimeout(waiting);
    waiting = setTimeout(draw, 80);
  });
  draw();
};

const nameAt = (place, name, [right, down]) => {
  const text = document.createElement("span");
  text.textContent = name;
  const icon = L.divIcon({ html: text, className: "town-name", iconSize: [0, 0], iconAnchor: [-right, -down] });
  return L.marker(place, { icon, pane: "names", interactive: false, keyboard: false });
};
