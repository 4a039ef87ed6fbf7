// The look of charts, read from the style sheet's tokens: segments' colours and shapes, inks, the page's font.
const shapesElement = document.getElementById("shapes");
const SHAPES = shapesElement ? JSON.parse(shapesElement.textContent) : {};

export const palette = () => {
  const style = getComputedStyle(document.documentElement);
  const token = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    segment: (colour) => (colour === null || colour === undefined ? token("line-strong") : token(`segment-${colour}`)),
    tint: (name) => (name === "segment-none" ? token("line-strong") : token(name)),
    ink: token("ink"),
    quiet: token("quiet"),
    line: token("line"),
    strong: token("line-strong"),
    rest: token("rest"),
    surface: token("surface"),
    raised: token("raised"),
    font: getComputedStyle(document.body).fontFamily,
  };
};

// What ECharts calls a symbol.
export const symbolOf = (key) => {
  const corners = SHAPES[key] ?? [];
  return corners.length ? `path://M${corners.map((corner) => corner.join(",")).join("L")}Z` : "circle";
};

// Width and height of a symbol, so that all shapes weigh the same at one size.
export const sizeOf = (key, size) => {
  const corners = SHAPES[key] ?? [];
  if (!corners.length) return size;
  return [0, 1].map((at) => {
    const values = corners.map((corner) => corner[at]);
    return (size * (Math.max(...values) - Math.min(...values))) / 2;
  });
};

// Calls back when light turns dark or back.
export const onTheme = (redraw) => {
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
};

// What every chart shares. Rich text: an HTML tooltip would carry inline styles, which the policy blocks.
export const ground = (look) => ({
  animation: false,
  textStyle: { fontFamily: look.font, color: look.ink },
  aria: { enabled: true, label: { enabled: false } },
  tooltip: {
    renderMode: "richText",
    confine: true,
    backgroundColor: look.raised,
    borderColor: look.strong,
    textStyle: { color: look.ink, fontFamily: look.font, fontSize: 13 },
  },
});
