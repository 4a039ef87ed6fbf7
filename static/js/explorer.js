// Island of [data-explorer]: the filtered clients in the plane of the two main components; a click opens a client.
// The address of the points stands in [data-explorer-source], which htmx swaps with the legend.
/* global echarts */
import { ground, onTheme, palette, sizeOf, symbolOf } from "./palette.js";

const frame = document.querySelector("[data-explorer]");
const part = (name) => frame.querySelector(`[data-explorer-${name}]`);
// Above this many points ECharts draws them in bulk.
const LARGE = 5000;
const STANDINGS = { provisional: "classement provisoire", outside: "hors plage" };
const percent = (share) => share.toLocaleString("fr-FR", { style: "percent", maximumFractionDigits: 0 });

const start = () => {
  frame.hidden = false;
  const canvas = part("canvas");
  const chart = echarts.init(canvas, null, { renderer: "canvas" });
  const state = { source: null, plane: null };
  const say = (text) => {
    part("state").textContent = text;
  };

  const dotSize = (count) => (count < 200 ? 10 : canvas.clientWidth < 600 ? 6 : 8);

  const shownSlugs = () =>
    new Set([...document.querySelectorAll("[data-explorer-segment]:checked")].map((box) => box.dataset.explorerSegment));

  const axis = (look, name, extra) => ({
    type: "value",
    name,
    nameLocation: "middle",
    nameGap: 28,
    nameTextStyle: { color: look.quiet },
    axisLabel: { color: look.quiet, formatter: (value) => value.toLocaleString("fr-FR") },
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: look.line } },
    scale: true,
    ...extra,
  });

  const seriesOf = (look, segment, points) => ({
    name: segment.name,
    type: "scatter",
    symbol: symbolOf(String(segment.colour)),
    symbolSize: sizeOf(String(segment.colour), dotSize(points.length)),
    large: state.plane.points.length > LARGE,
    largeThreshold: LARGE,
    itemStyle: { color: look.segment(segment.colour), borderColor: look.surface, borderWidth: 0.8, opacity: 0.9 },
    emphasis: { scale: 1.5, itemStyle: { borderColor: look.ink, borderWidth: 1.5 } },
    data: points.map(({ x, y, id, name, standing }) => ({ value: [x, y], id: String(id), name, standing })),
  });

  const draw = () => {
    if (!state.plane) return chart.clear();
    const look = palette();
    const base = ground(look);
    const { explained, points, segments } = state.plane;
    const shown = shownSlugs();
    const drawn = segments.filter(({ slug }) => shown.has(slug));
    const title = (at) => (explained ? `Axe ${at + 1} (${percent(explained[at])} de la variance)` : `Axe ${at + 1}`);
    return chart.setOption(
      {
        ...base,
        grid: { left: 44, right: 12, top: 12, bottom: 44 },
        xAxis: axis(look, title(0)),
        yAxis: axis(look, title(1), { nameGap: 30 }),
        series: drawn.map((segment) => seriesOf(look, segment, points.filter((point) => point.segment === segment.slug))),
        tooltip: {
          ...base.tooltip,
          formatter: ({ data, seriesName }) => [data.name, seriesName, STANDINGS[data.standing]].filter(Boolean).join("\n"),
        },
      },
      { notMerge: true },
    );
  };

  const load = async (source) => {
    state.source = source;
    state.plane = null;
    frame.hidden = !source;
    if (source) {
      say("Chargement…");
      try {
        const answer = await fetch(source, { headers: { Accept: "application/json" } });
        if (!answer.ok) throw new Error(String(answer.status));
        const plane = await answer.json();
        if (source !== state.source) return;
        state.plane = plane;
        say(plane.one_in > 1 ? `Un point sur ${plane.one_in} est dessiné.` : "Touchez un point pour ouvrir la fiche du client.");
      } catch {
        say("Le graphique n’a pas pu être chargé. Rechargez la page ou ouvrez le tableau.");
      }
    }
    chart.resize();
    draw();
    frame.dataset.ready = source;
  };

  chart.on("click", ({ data }) => {
    window.location.assign(frame.dataset.clientUrl.replace("/0/", `/${data.id}/`));
  });
  document.addEventListener("change", ({ target }) => {
    if (target.matches?.("[data-explorer-segment]")) draw();
  });
  onTheme(draw);
  new ResizeObserver(() => chart.resize()).observe(canvas);
  const follow = () => {
    const source = document.querySelector("[data-explorer-source]")?.dataset.explorerSource ?? "";
    if (source !== state.source) load(source);
  };
  document.body.addEventListener("htmx:afterSwap", follow);
  follow();
};

if (frame) start();
