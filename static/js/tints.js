// What the colours of clients mean on map and plane: their segment, their sector, or how surely they are placed.
// A tint is a class of the style sheet, a sign one of the server's shapes.
import { said } from "./words.js";

const STANDINGS = {
  firm: { name: said("firm"), tint: "category-3", sign: "0" },
  provisional: { name: said("provisional"), tint: "category-5", sign: "1" },
  not_classifiable: { name: said("notClassifiable"), tint: "segment-none", sign: "none" },
  objected: { name: said("objected"), tint: "segment-none", sign: "none" },
  outside: { name: said("outside"), tint: "category-7", sign: "2" },
};
const NOT_PLACED = { name: said("notPlaced"), tint: "segment-none", sign: "none" };
const REST = { name: said("otherSectors"), tint: "segment-none", sign: "none" };
// Sectors with a colour of their own; the rest share one.
const MOST_SECTORS = 8;

const bySegment = (values, segments) => {
  const known = new Map(segments.map(({ slug, name, colour }) => [slug, { name, tint: `segment-${colour}`, sign: String(colour) }]));
  return (slug) => ({ key: slug ?? "", ...(known.get(slug) ?? { name: said("noSegment"), tint: "segment-none", sign: "none" }) });
};

const byStanding = () => (value) => ({ key: value ?? "", ...(STANDINGS[value] ?? NOT_PLACED) });

const bySector = (values) => {
  const counts = new Map();
  for (const value of values) if (value) counts.set(value, (counts.get(value) ?? 0) + 1);
  const named = [...counts].sort((one, other) => other[1] - one[1]).slice(0, MOST_SECTORS).map(([name]) => name);
  return (value) => {
    const rank = named.indexOf(value);
    return rank < 0 ? { key: "", ...REST } : { key: value, name: value, tint: `category-${rank}`, sign: String(rank) };
  };
};

const WAYS = { segment: bySegment, standing: byStanding, sector: bySector };

// `values`: what each client has (slug, standing or sector; null for none). Returns the groups in the order of the
// legend, each { key, name, tint, sign, indices }, and the group of each client.
export const grouped = (way, values, segments) => {
  const look = WAYS[way](values, segments);
  const groups = new Map();
  if (way === "segment") for (const { slug } of segments) groups.set(slug, { ...look(slug), indices: [] });
  const of = values.map((value, at) => {
    const found = look(value);
    if (!groups.has(found.key)) groups.set(found.key, { ...found, indices: [] });
    groups.get(found.key).indices.push(at);
    return groups.get(found.key);
  });
  const size = ({ key, indices }) => (key === "" ? -1 : indices.length);
  const listed = [...groups.values()];
  return { of, groups: way === "segment" ? listed : listed.sort((one, other) => size(other) - size(one)) };
};

export const standingName = (value) => (STANDINGS[value] ?? NOT_PLACED).name;
