// A measure by number of segments, and the same on shuffled data; the number that was kept is marked.
import { said } from "../words.js";
import { count, decimal, short } from "./figures.js";

export const lines = ({ x, series, chosen, unit }, look) => {
  const written = unit === "decimal" ? decimal : count;
  return {
    grid: { left: 4, right: 20, top: 56, bottom: 24, containLabel: true },
    legend: { top: 0, left: 0, selectedMode: false, textStyle: { color: look.ink } },
    tooltip: { trigger: "axis", valueFormatter: written, axisPointer: { lineStyle: { color: look.strong } } },
    xAxis: {
      type: "category",
      data: x,
      name: said("segments"),
      nameLocation: "middle",
      nameGap: 26,
      nameTextStyle: { color: look.quiet },
      axisLabel: { color: look.quiet },
      axisTick: { show: false },
      axisLine: { lineStyle: { color: look.line } },
    },
    yAxis: {
      type: "value",
      min: unit === "decimal" ? ({ min }) => Math.min(0, min) : 0,
      axisLabel: { color: look.quiet, formatter: unit === "decimal" ? decimal : short },
      splitLine: { lineStyle: { color: look.line } },
    },
    series: series.map(({ name, values }, at) => ({
      name,
      type: "line",
      data: values,
      connectNulls: false,
      symbol: at ? "emptyCircle" : "circle",
      symbolSize: 7,
      color: at ? look.strong : look.ink,
      lineStyle: { width: 2, type: at ? "dashed" : "solid" },
      markLine: at || chosen === null ? undefined : {
        symbol: "none",
        silent: true,
        lineStyle: { color: look.strong, type: "solid", width: 1 },
        label: { color: look.ink, formatter: said("chosen", { count: chosen }) },
        data: [{ xAxis: String(chosen) }],
      },
    })),
  };
};
