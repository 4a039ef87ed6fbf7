// Clients from one run (left) to another (right): a band a pair of segments, as thick as they are many.
import { said } from "../words.js";
import { count } from "./figures.js";

export const flows = ({ nodes, links }, look, { width }) => {
  const labels = Object.fromEntries(nodes.map(({ name, label }) => [name, label]));
  const room = Math.min(240, width * 0.3);
  return {
    tooltip: {
      trigger: "item",
      formatter: ({ dataType, data, name, value }) =>
        dataType === "edge" ? `${labels[data.source]} → ${labels[data.target]}${said("colon")} ${count(data.value)}` : `${labels[name]}${said("colon")} ${count(value)}`,
    },
    series: [
      {
        type: "sankey",
        left: room,
        right: room,
        top: 12,
        bottom: 28,
        nodeWidth: 12,
        nodeGap: 30,
        nodeAlign: "justify",
        draggable: false,
        emphasis: { focus: "adjacency" },
        lineStyle: { color: "source", opacity: 0.35 },
        label: {
          color: look.ink,
          fontSize: 13,
          width: room - 12,
          // On a phone a name broken over four lines would run into the next.
          overflow: width < 560 ? "truncate" : "break",
          lineHeight: 15,
          formatter: ({ name, value }) => `${labels[name]}\n${count(value)}`,
        },
        data: nodes.map(({ name, colour }) => ({
          name,
          depth: name.startsWith("a-") ? 0 : 1,
          itemStyle: { color: colour === null ? look.strong : look.segment(colour), borderWidth: 0 },
          label: { position: name.startsWith("a-") ? "left" : "right" },
        })),
        links,
      },
    ],
  };
};
