import { said } from "../words.js";

// How many times more (to the right) or less (to the left) than the rest; each step of the axis doubles.
const stepOf = (value) => (value ? `${value > 0 ? "×" : "÷"}\u202f${2 ** Math.abs(value)}` : said("same"));

export const ratios = ({ lines, colour }, look, { width }) => {
  const values = lines.map(({ value }) => value);
  // Room for the figures at the ends of the bars; the axis must start and end on whole doublings. A narrow axis names
  // its middle only: the bars carry their figures.
  const narrow = width < 500;
  const room = narrow ? 2 : 1;
  return {
    grid: { left: 4, right: 12, top: 4, bottom: 4, containLabel: true },
    xAxis: {
      type: "value",
      min: Math.min(-1, Math.floor(Math.min(...values))) - room,
      max: Math.max(1, Math.ceil(Math.max(...values))) + room,
      interval: 1,
      axisLabel: { color: look.quiet, formatter: (value) => (narrow && value ? "" : stepOf(value)), showMinLabel: false, showMaxLabel: false },
      splitLine: { show: false },
    },
    yAxis: {
      type: "category",
      data: lines.map(({ label }) => label),
      inverse: true,
      axisTick: { show: false },
      axisLine: { onZero: true, lineStyle: { color: look.strong } },
      axisLabel: { color: look.ink, fontSize: 13, lineHeight: 15, width: Math.min(300, width * 0.42), overflow: "break" },
    },
    series: [
      {
        type: "bar",
        barWidth: "55%",
        itemStyle: { color: look.segment(colour) },
        data: lines.map(({ value, text }) => ({
          value,
          text,
          label: { show: true, position: value < 0 ? "left" : "right", color: look.ink, formatter: text },
        })),
      },
    ],
    tooltip: { show: false },
  };
};
