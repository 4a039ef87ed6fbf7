// Island of [data-neighbours]: a client among its neighbours, fetched and drawn when it comes into sight.
/* global L */
import { createMap } from "./map/base.js";
import { clusterOf, pointMark } from "./map/marks.js";
import { grouped } from "./tints.js";
import { many, said } from "./words.js";

const box = document.querySelector("[data-neighbours]");
const part = (name) => box.querySelector(`[data-neighbours-${name}]`);
const address = (id) => box.dataset.clientUrl.replace("/0/", `/${id}/`);
const NEAREST = 11;

const line = ({ id, properties }, group) => {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = address(id);
  link.textContent = properties.name;
  const more = [group.name, `${many(properties.distance_km)} km`].join(", ");
  const where = document.createElement("span");
  where.className = "quiet";
  where.textContent = ` ${more}`;
  item.append(link, where);
  return item;
};

const draw = ({ features, segments }) => {
  const { of, groups } = grouped("segment", features.map(({ properties }) => properties.segment), segments);
  const groupOf = (feature) => of[features.indexOf(feature)];
  const isSelf = ({ id }) => String(id) === box.dataset.client;
  const others = features.filter((feature) => !isSelf(feature));
  const map = createMap(part("canvas"), box.dataset, { scrollWheelZoom: false });
  const cluster = clusterOf(groups.map(({ tint }) => tint));
  cluster.addLayers(others.map((feature) => pointMark(feature, groupOf(feature), address)));
  map.addLayer(cluster);
  const places = features.map(({ geometry }) => [...geometry.coordinates].reverse());
  map.fitBounds(L.latLngBounds(places).pad(0.15), { maxZoom: NEAREST });
  // The client itself stands out of every group, on top.
  features.filter(isSelf).forEach((feature) => pointMark(feature, groupOf(feature), address, { more: "mark-self" }).addTo(map));
  map.fire("settled");
  part("list").append(...others.map((feature) => line(feature, groupOf(feature))));
  part("more").hidden = !others.length;
  part("state").textContent = others.length ? "" : said("alone");
  box.dataset.ready = String(features.length);
};

const load = async () => {
  try {
    const answer = await fetch(box.dataset.neighbours, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    draw(await answer.json());
  } catch {
    part("state").textContent = said("failedShort");
  }
};

if (box) {
  box.hidden = false;
  const watch = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    watch.disconnect();
    load();
  });
  watch.observe(box);
}
