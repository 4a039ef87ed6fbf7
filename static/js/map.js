// Island of [data-map]: the filtered clients on a map. The address of the points stands in [data-map-source], which
// htmx swaps with the legend; the checkboxes [data-map-segment] show and hide.
/* global L */
import { REGIONS, createMap } from "./map/base.js";
import { fillLegend } from "./legend.js";
import { createPoints } from "./map/points.js";
import { addTools } from "./map/tools.js";
import { said } from "./words.js";

const frame = document.querySelector("[data-map]");
const part = (name) => document.querySelector(`[data-map-${name}]`);
const parametersOf = (source) => new URL(source, window.location.href).searchParams;

// The first advice for a client, as one sentence; "" where there is none to give.
const nextStep = (address) => async (id) => {
  try {
    const answer = await fetch(address.replace("/0/", `/${id}/`), { headers: { Accept: "application/json" } });
    const [first] = answer.ok ? (await answer.json()).results : [];
    return first ? said("next", { title: first.play.title }) : "";
  } catch {
    return "";
  }
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
  const address = (id) => frame.dataset.clientUrl.replace("/0/", `/${id}/`);
  const points = createPoints(map, address, nextStep(frame.dataset.adviceUrl));
  const addresses = () => ({ list: part("source").dataset.list, visits: part("source").dataset.visits });
  const tools = addTools(map, part, addresses, points);
  // `dense`: too many for points, so that each view is asked for on its own.
  const state = { source: null, dense: false, asking: null, collection: null, hidden: new Set() };
  const way = () => (state.dense ? "segment" : part("by").value);

  const toggle = (key, on) => {
    state.hidden[on ? "delete" : "add"](key);
    if (state.dense) refine();
    else points.toggle(key, on);
    tools.list(address);
  };
  // The legend of segments comes from the server, with its counts; the others are made of the points.
  const draw = () => {
    const groups = points.show(state.collection, way(), state.hidden);
    const own = document.querySelector("[data-map-segments]");
    if (own) own.hidden = way() !== "segment";
    fillLegend(part("legend"), way() === "segment" ? [] : groups, state.hidden, toggle);
    tools.list(address);
  };
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
    state.hidden.clear();
    part("here").hidden = true;
    part("found").hidden = true;
    delete frame.dataset.ready;
    if (!source) return points.show({ segments: [], features: [] }, "segment", state.hidden);
    say(said("loading"));
    try {
      const collection = await ask(source);
      const asked = parametersOf(source).get("bbox");
      const view = asked ? boxOf(asked) : bestView(collection.features);
      if (view) map.fitBounds(view, { animate: false });
      state.dense = collection.detail === "cells";
      part("side").dataset.dense = String(state.dense);
      part("by").disabled = state.dense;
      state.collection = collection;
      draw();
      say(collection.features.length ? "" : said("nowhere"));
      frame.dataset.ready = source;
    } catch (problem) {
      if (problem.name !== "AbortError") say(said("failed"));
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
      points.show(await ask(`${state.source.split("?")[0]}?${parameters}`), "segment", state.hidden);
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
    else tools.list(address);
  });

  for (const [name, box] of REGIONS) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "btn btn-sm", textContent: name });
    button.addEventListener("click", () => map.fitBounds(box));
    part("regions").append(button);
  }
  document.addEventListener("change", ({ target }) => {
    if (!state.source) return;
    if (target.matches?.("[data-map-segment]")) toggle(target.dataset.mapSegment, target.checked);
    if (target.matches?.("[data-map-by]")) {
      state.hidden.clear();
      for (const box of document.querySelectorAll("[data-map-segment]")) box.checked = true;
      draw();
    }
  });
  if (window.matchMedia("(max-width: 55.99rem)").matches) part("side").open = false;
  const follow = () => {
    const source = document.querySelector("[data-map-source]")?.dataset.mapSource ?? "";
    if (source !== state.source) load(source);
  };
  document.body.addEventListener("htmx:afterSwap", follow);
  follow();
};

if (frame) start();
