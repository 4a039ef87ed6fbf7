// What the colours of the plane mean: groups of points, each with a name, a colour and a sign.
const STANDINGS = { firm: "ferme", provisional: "provisoire", not_classifiable: "non classable", outside: "hors plage" };
// Sectors with a colour of their own; the rest share one.
const MOST_SECTORS = 8;

const gather = (keys) => {
  const found = new Map();
  keys.forEach((key, at) => {
    if (!found.has(key)) found.set(key, []);
    found.get(key).push(at);
  });
  return found;
};

const bySegment = ({ points, segments }, look) => {
  const found = gather(points.segment);
  return segments.map(({ slug, name, colour }, at) => ({
    key: slug, name, colour: look.segment(colour), sign: String(colour), indices: found.get(at) ?? [],
  }));
};

const byStanding = ({ points, standings }, look) => {
  const found = gather(points.standing);
  const colours = { firm: look.category(3), provisional: look.category(5), outside: look.category(7) };
  return standings
    .map((value, at) => ({
      key: value, name: STANDINGS[value], colour: colours[value] ?? look.rest, sign: String(at), indices: found.get(at) ?? [],
    }))
    .filter(({ indices }) => indices.length);
};

const bySector = ({ points, sectors }, look) => {
  const found = [...gather(points.sector)].sort((one, other) => other[1].length - one[1].length);
  const named = found.filter(([at]) => at !== null).slice(0, MOST_SECTORS);
  const rest = found.filter((entry) => !named.includes(entry)).flatMap(([, indices]) => indices);
  const groups = named.map(([at, indices], rank) => ({
    key: sectors[at], name: sectors[at], colour: look.category(rank), sign: String(rank % 8), indices,
  }));
  return rest.length ? [...groups, { key: "", name: "autres secteurs, ou inconnu", colour: look.rest, sign: "none", indices: rest }] : groups;
};

export const COLOURINGS = { segment: bySegment, standing: byStanding, sector: bySector };
export const standingOf = ({ points, standings }, at) => STANDINGS[standings[points.standing[at]]];
