// Two shares a segment: clients in its colour, turnover in its colour hatched.
import { percent } from "./figures.js";

export const bars = ({ names, colours, series }, look, { width }) => ({
  grid: { left: 4, right: 52, top: 32, bottom: 4, containLabel: true },
  legend: { top: 0, left: 0, selectedMode: false, itemStyle: { color: look.strong }, textStyle: { color: look.ink } },
  xAxis: { type: "value", max: ({ max }) => Math.max(max, 0.1), axisLabel: { show: false }, splitLine: { show: false } },
  yAxis: {
    type: "category",
    data: names,
    inverse: true,
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: { interval: 0, color: look.ink, fontSize: 13, lineHeight: 15, width: Math.min(340, width * 0.42), overflow: "break" },
  },
  series: series.map(({ name, values }, at) => ({
    name,
    type: "bar",
    barGap: "15%",
    barCategoryGap: "35%",
    color: look.strong,
    data: values.map((value, index) => ({
      value,
      itemStyle: {
        color: look.segment(colours[index]),
        decal: at ? { color: look.surface, dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: Math.PI / 4 } : undefined,
      },
    })),
    itemStyle: at ? { decal: { color: look.surface, dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: Math.PI / 4 } } : {},
    label: { show: true, position: "right", color: look.ink, formatter: ({ value }) => percent(value) },
    tooltip: { valueFormatter: percent },
  })),
});
