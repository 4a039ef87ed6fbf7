// Island of [data-map]: the filtered clients on a map. The address of the points stands in [data-map-source], which
// htmx swaps with the legend; the checkboxes [data-map-segment] show and hide.
/* global L */
import { REGIONS, createMap } from "./map/base.js";
import { clusterOf, pill, pointMark } from "./map/marks.js";

const frame = document.querySelector("[data-map]");
const part = (name) => frame.querySelector(`[data-map-${name}]`);

const start = () => {
  frame.hidden = false;
  const map = createMap(part("canvas"), frame.dataset);
  const shown = L.layerGroup().addTo(map);
  const address = (id) => frame.dataset.clientUrl.replace("/0/", `/${id}/`);
  const state = { source: null, marks: new Map(), cluster: null, dense: false, asked: null };

  const say = (text) => {
    part("state").textContent = text;
  };
  const hidden = () => {
    const off = document.querySelectorAll("[data-map-segment]:not(:checked)");
    return new Set([...off].map((box) => box.dataset.mapSegment));
  };

  const place = (collection) => {
    const segments = new Map(collection.segments.map((segment) => [segment.slug, segment]));
    const keys = [...collection.segments.map((segment) => String(segment.colour)), "none"];
    shown.clearLayers();
    state.marks.clear();
    state.cluster = null;
    if (collection.detail === "cells") return placeCells(collection, segments);
    state.cluster = clusterOf(keys);
    for (const feature of collection.features) {
      const slug = feature.properties.segment ?? "";
      const mark = pointMark(feature, segments.get(slug), address);
      if (!state.marks.has(slug)) state.marks.set(slug, []);
      state.marks.get(slug).push(mark);
    }
    const off = hidden();
    state.cluster.addLayers([...state.marks].filter(([slug]) => !off.has(slug)).flatMap(([, marks]) => marks));
    state.cluster.on("animationend", () => map.fire("settled"));
    shown.addLayer(state.cluster);
    return map.fire("settled");
  };

  const placeCells = (collection, segments) => {
    const off = hidden();
    const keyOf = (slug) => String(segments.get(slug)?.colour ?? "none");
    for (const { geometry, properties } of collection.features) {
      const [longitude, latitude] = geometry.coordinates;
      const counts = Object.entries(properties.segments).filter(([slug]) => !off.has(slug));
      const total = counts.reduce((sum, [, count]) => sum + count, 0);
      if (!total) continue;
      const icon = pill(total, counts.map(([slug, count]) => [keyOf(slug), count]));
      const nearer = () => map.setView([latitude, longitude], map.getZoom() + 2);
      L.marker([latitude, longitude], { icon }).on("click", nearer).addTo(shown);
    }
  };

  const fetchPoints = async (url) => {
    state.asked?.abort();
    state.asked = new AbortController();
    const answer = await fetch(url, { signal: state.asked.signal, headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  };

  // Where most of the points are, as near as they allow.
  const bestView = (features) => {
    const places = features.map(({ geometry }) => [...geometry.coordinates].reverse());
    const among = (box) => places.filter((point) => L.latLngBounds(box).contains(point));
    const fullest = REGIONS.map(([, box]) => among(box)).reduce((a, b) => (b.length > a.length ? b : a), []);
    return fullest.length ? L.latLngBounds(fullest).pad(0.05) : null;
  };

  const look = (collection, source) => {
    const asked = new URL(source, window.location.href).searchParams.get("bbox");
    if (asked) {
      const [west, south, east, north] = asked.split(",").map(Number);
      return map.fitBounds([[south, west], [north, east]]);
    }
    const best = bestView(collection.features);
    return best && map.fitBounds(best, { maxZoom: 10 });
  };

  const load = async (source) => {
    state.source = source;
    state.dense = false;
    part("here").hidden = true;
    if (!source) return place({ segments: [], features: [], detail: "points" });
    say("Chargement de la carte…");
    try {
      const collection = await fetchPoints(source);
      state.dense = collection.detail === "cells";
      place(collection);
      look(collection, source);
      say(collection.features.length ? "" : "Aucun de ces clients n’a de position.");
      frame.dataset.ready = source;
    } catch (problem) {
      if (problem.name !== "AbortError") say("La carte n’a pas pu être chargée. Rechargez la page ou ouvrez le tableau.");
    }
    return null;
  };

  // The rectangle in sight, within the one that is already asked for.
  const boxOf = (parameters) => {
    const view = map.getBounds();
    const box = [view.getWest(), view.getSouth(), view.getEast(), view.getNorth()];
    const asked = parameters.get("bbox")?.split(",").map(Number);
    const most = asked ?? [-180, -90, 180, 90];
    const inside = box.map((value, at) => (at < 2 ? Math.max(value, most[at]) : Math.min(value, most[at])));
    return inside.map((value) => value.toFixed(4)).join(",");
  };

  const offerHere = () => {
    if (!state.source) return;
    const parameters = new URL(state.source, window.location.href).searchParams;
    const inside = new URLSearchParams(parameters);
    parameters.delete("bbox");
    parameters.set("bbox", boxOf(new URLSearchParams()));
    part("here").href = `${window.location.pathname}?${parameters}`;
    if (state.dense) refine(inside);
  };

  const refine = async (parameters) => {
    parameters.set("bbox", boxOf(parameters));
    try {
      place(await fetchPoints(`${state.source.split("?")[0]}?${parameters}`));
    } catch {
      // A newer view is on its way, or the old one stays.
    }
  };

  for (const [name, box] of REGIONS) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-sm";
    button.textContent = name;
    button.addEventListener("click", () => map.fitBounds(box));
    part("regions").append(button);
  }
  map.on("moveend", offerHere);
  for (const gesture of ["dragend", "zoomend"]) {
    map.on(gesture, () => {
      part("here").hidden = !frame.dataset.ready;
    });
  }
  document.addEventListener("change", ({ target }) => {
    if (!target.matches?.("[data-map-segment]") || !state.source) return;
    const marks = state.marks.get(target.dataset.mapSegment) ?? [];
    if (state.cluster) state.cluster[target.checked ? "addLayers" : "removeLayers"](marks);
    else offerHere();
  });
  const follow = () => {
    const source = document.querySelector("[data-map-source]")?.dataset.mapSource ?? "";
    if (source !== state.source) load(source);
  };
  document.body.addEventListener("htmx:afterSwap", follow);
  follow();
};

if (frame) start();
