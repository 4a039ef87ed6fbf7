// Where more of each datum leads in the plane, from its middle: the loadings, long enough to be read.
const REACH = 0.85;

// All arrows by one scale, and within what the points span (`x`, `y`: [lowest, highest]).
const scaleOf = (arrows, x, y) => {
  const longest = Math.max(...arrows.map((arrow) => Math.hypot(arrow.x, arrow.y)));
  return (REACH * Math.min(-x[0], x[1], -y[0], y[1])) / longest;
};

// `x`, `y`: what the points span; `width` of the canvas, in which the names stay.
export const arrowsOf = (arrows, look, { x, y, width }) => {
  const scale = scaleOf(arrows, x, y);
  const ends = arrows.map((arrow) => ({ name: arrow.label, end: [arrow.x * scale, arrow.y * scale] }));
  const lines = {
    type: "lines",
    coordinateSystem: "cartesian2d",
    silent: true,
    z: 5,
    symbol: ["none", "arrow"],
    symbolSize: 9,
    lineStyle: { color: look.ink, width: 1.5, opacity: 1, curveness: 0 },
    data: ends.map(({ end }) => ({ coords: [[0, 0], end] })),
  };
  const names = {
    type: "scatter",
    silent: true,
    z: 6,
    symbolSize: 0.1,
    tooltip: { show: false },
    itemStyle: { opacity: 1 },
    labelLayout: ({ labelRect }) => ({
      x: Math.min(Math.max(labelRect.x, 4), width - labelRect.width - 4),
      align: "left",
      moveOverlap: "shiftY",
    }),
    data: ends.map(({ name, end }) => ({
      name,
      value: end,
      label: {
        show: true,
        position: end[0] < 0 ? "left" : "right",
        formatter: ({ name }) => name.replace(/^Plus\s:\s/, ""),
        color: look.ink,
        fontSize: 12,
        backgroundColor: look.surface,
        borderColor: look.line,
        borderWidth: 1,
        borderRadius: 3,
        padding: [2, 5],
      },
    })),
  };
  return [lines, names];
};
