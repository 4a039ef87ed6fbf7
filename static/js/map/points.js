// The clients on a map: points that gather and fall apart, or the cells that the server counted when there are many.
/* global L */
import { clusterOf, pill, pointMark } from "./marks.js";

// `address(id)` is a client's page. `show` draws a collection without the segments in `off`; `toggle` hides or shows one.
export const createPoints = (map, address) => {
  const shown = L.layerGroup().addTo(map);
  const marks = new Map();
  let cluster = null;

  const showPoints = ({ features, segments }, off) => {
    const bySlug = new Map(segments.map((segment) => [segment.slug, segment]));
    cluster = clusterOf([...segments.map((segment) => String(segment.colour)), "none"]);
    for (const feature of features) {
      const slug = feature.properties.segment ?? "";
      if (!marks.has(slug)) marks.set(slug, []);
      marks.get(slug).push(pointMark(feature, bySlug.get(slug), address));
    }
    cluster.addLayers([...marks].filter(([slug]) => !off.has(slug)).flatMap(([, found]) => found));
    cluster.on("animationend", () => map.fire("settled"));
    shown.addLayer(cluster);
  };

  const showCells = ({ features, segments }, off) => {
    const keys = new Map(segments.map((segment) => [segment.slug, String(segment.colour)]));
    for (const { geometry, properties } of features) {
      const [longitude, latitude] = geometry.coordinates;
      const counts = Object.entries(properties.segments).filter(([slug]) => !off.has(slug));
      const total = counts.reduce((sum, [, count]) => sum + count, 0);
      if (!total) continue;
      const icon = pill(total, counts.map(([slug, count]) => [keys.get(slug) ?? "none", count]));
      const nearer = () => map.setView([latitude, longitude], map.getZoom() + 2);
      L.marker([latitude, longitude], { icon }).on("click", nearer).addTo(shown);
    }
  };

  const show = (collection, off) => {
    shown.clearLayers();
    marks.clear();
    cluster = null;
    (collection.detail === "cells" ? showCells : showPoints)(collection, off);
    map.fire("settled");
  };

  return { show, toggle: (slug, on) => cluster?.[on ? "addLayers" : "removeLayers"](marks.get(slug) ?? []) };
};
