// The clients on a map: points that gather and fall apart, or the cells that the server counted when there are many.
/* global L */
import { grouped } from "../tints.js";
import { clusterOf, pill, pointMark } from "./marks.js";

const VALUE = {
  segment: ({ properties }) => properties.segment,
  sector: ({ properties }) => properties.sector,
  standing: ({ properties }) => properties.standing,
};

// `address(id)` is a client's page, `next(id)` what to do there. `show` draws a collection, coloured in one `way`,
// without the groups in `hidden`, and returns the groups; `toggle` hides or shows one; `inside` lists what is drawn.
export const createPoints = (map, address, next) => {
  const shown = L.layerGroup().addTo(map);
  let drawn = { features: [], of: [], marks: [], cluster: null };
  let off = new Set();

  const showPoints = ({ features, segments }, way) => {
    const { of, groups } = grouped(way, features.map(VALUE[way]), segments);
    const cluster = clusterOf(groups.map(({ tint }) => tint));
    const named = grouped("segment", features.map(VALUE.segment), segments).of;
    const marks = features.map((feature, at) => pointMark(feature, of[at], address, { segment: named[at], next }));
    drawn = { features, of, marks, cluster };
    cluster.addLayers(marks.filter((_, at) => !off.has(of[at].key)));
    cluster.on("animationend", () => map.fire("settled"));
    shown.addLayer(cluster);
    return groups;
  };

  const showCells = ({ features, segments }) => {
    const tints = new Map(segments.map(({ slug, colour }) => [slug, `segment-${colour}`]));
    for (const { geometry, properties } of features) {
      const [longitude, latitude] = geometry.coordinates;
      const counts = Object.entries(properties.segments).filter(([slug]) => !off.has(slug));
      const total = counts.reduce((sum, [, count]) => sum + count, 0);
      if (!total) continue;
      const icon = pill(total, counts.map(([slug, count]) => [tints.get(slug) ?? "segment-none", count]));
      const nearer = () => map.setView([latitude, longitude], map.getZoom() + 2);
      L.marker([latitude, longitude], { icon }).on("click", nearer).addTo(shown);
    }
    return [];
  };

  const show = (collection, way, hidden) => {
    shown.clearLayers();
    drawn = { features: [], of: [], marks: [], cluster: null };
    off = new Set(hidden);
    const groups = (collection.detail === "cells" ? showCells : showPoints)(collection, way);
    map.fire("settled");
    return groups;
  };

  const toggle = (key, on) => {
    off[on ? "delete" : "add"](key);
    drawn.cluster?.[on ? "addLayers" : "removeLayers"](drawn.marks.filter((_, at) => drawn.of[at].key === key));
  };

  // Those drawn now for which `holds(longitude, latitude)`, as { id, name, group }.
  const inside = (holds) =>
    drawn.features
      .map((feature, at) => ({ id: feature.id, name: feature.properties.name, group: drawn.of[at], place: feature.geometry.coordinates }))
      .filter(({ group, place }) => !off.has(group.key) && holds(...place));

  return { show, toggle, inside };
};
