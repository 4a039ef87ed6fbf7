// Island of [data-map]: the filtered clients on a map. The address of the points stands in [data-map-source], which
// htmx swaps with the legend; the checkboxes [data-map-segment] show and hide.
/* global L */
import { REGIONS, createMap } from "./map/base.js";
import { createPoints } from "./map/points.js";

const frame = document.querySelector("[data-map]");
const part = (name) => frame.querySelector(`[data-map-${name}]`);
const parametersOf = (source) => new URL(source, window.location.href).searchParams;
const hiddenSlugs = () => {
  const off = document.querySelectorAll("[data-map-segment]:not(:checked)");
  return new Set([...off].map((box) => box.dataset.mapSegment));
};

// Where most of the points are, as near as they allow; null without any.
const bestView = (features) => {
  const places = features.map(({ geometry }) => [...geometry.coordinates].reverse());
  const among = (box) => places.filter((place) => L.latLngBounds(box).contains(place));
  const fullest = REGIONS.map(([, box]) => among(box)).reduce((a, b) => (b.length > a.length ? b : a), []);
  return fullest.length ? L.latLngBounds(fullest).pad(0.05) : null;
};

const boxOf = (text) => {
  const [west, south, east, north] = text.split(",").map(Number);
  return L.latLngBounds([[south, west], [north, east]]);
};

const start = () => {
  frame.hidden = false;
  const map = createMap(part("canvas"), frame.dataset);
  const points = createPoints(map, (id) => frame.dataset.clientUrl.replace("/0/", `/${id}/`));
  // `dense`: too many for points, so that each view is asked for on its own.
  const state = { source: null, dense: false, asking: null };
  const say = (text) => {
    part("state").textContent = text;
  };

  const ask = async (url) => {
    state.asking?.abort();
    state.asking = new AbortController();
    const answer = await fetch(url, { signal: state.asking.signal, headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  };

  const load = async (source) => {
    state.source = source;
    state.dense = false;
    part("here").hidden = true;
    delete frame.dataset.ready;
    if (!source) return points.show({ segments: [], features: [] }, new Set());
    say("Chargement de la carte…");
    try {
      const collection = await ask(source);
      const asked = parametersOf(source).get("bbox");
      const view = asked ? boxOf(asked) : bestView(collection.features);
      if (view) map.fitBounds(view, { animate: false });
      points.show(collection, hiddenSlugs());
      state.dense = collection.detail === "cells";
      say(collection.features.length ? "" : "Aucun de ces clients n’a de position.");
      frame.dataset.ready = source;
    } catch (problem) {
      if (problem.name !== "AbortError") say("La carte n’a pas pu être chargée. Rechargez la page ou ouvrez le tableau.");
    }
    return null;
  };

  // The rectangle in sight, within `most` ("west,south,east,north").
  const inSight = (most) => {
    const view = map.getBounds();
    const seen = [view.getWest(), view.getSouth(), view.getEast(), view.getNorth()];
    const inside = seen.map((value, at) => Math[at < 2 ? "max" : "min"](value, most.split(",").map(Number)[at]));
    return inside.map((value) => value.toFixed(4)).join(",");
  };
  const WORLD = "-180,-90,180,90";

  const refine = async () => {
    const parameters = parametersOf(state.source);
    parameters.set("bbox", inSight(parameters.get("bbox") ?? WORLD));
    try {
      points.show(await ask(`${state.source.split("?")[0]}?${parameters}`), hiddenSlugs());
    } catch {
      // A newer view is on its way, or the old one stays.
    }
  };

  map.on("moveend", () => {
    if (!frame.dataset.ready) return;
    const parameters = parametersOf(state.source);
    parameters.set("bbox", inSight(WORLD));
    part("here").href = `${window.location.pathname}?${parameters}`;
    part("here").hidden = false;
    if (state.dense) refine();
  });

  for (const [name, box] of REGIONS) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "btn btn-sm", textContent: name });
    button.addEventListener("click", () => map.fitBounds(box));
    part("regions").append(button);
  }
  document.addEventListener("change", ({ target }) => {
    if (!target.matches?.("[data-map-segment]") || !state.source) return;
    if (state.dense) refine();
    else points.toggle(target.dataset.mapSegment, target.checked);
  });
  const follow = () => {
    const source = document.querySelector("[data-map-source]")?.dataset.mapSource ?? "";
    if (source !== state.source) load(source);
  };
  document.body.addEventListener("htmx:afterSwap", follow);
  follow();
};

if (frame) start();
