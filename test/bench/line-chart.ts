/** One line of a chart: its name and its points. */
export interface Line {
  name: string;
  points: readonly { x: number; y: number }[];
}

export interface Chart {
  title: string;
  xLabel: string;
  yLabel: string;
  lines: readonly Line[];
}

const WIDTH = 480;
const HEIGHT = 300;
const PLOT = { left: 56, right: 16, top: 40, bottom: 48 };
/** Told apart by color-blind readers as well (Okabe and Ito), and on light and dark backgrounds. */
const COLORS = ["#0072b2", "#d55e00", "#009e73"];
const INK = "#808080";

/** A line chart as SVG, its x axis logarithmic, its y axis from 0. The same figures give the same bytes. */
export function lineChart({ title, xLabel, yLabel, lines }: Chart): string {
  const xs = [...new Set(lines.flatMap(({ points }) => points.map(({ x }) => x)))].toSorted((a, b) => a - b);
  const step = niceStep(Math.max(...lines.flatMap(({ points }) => points.map(({ y }) => y))) / 4);
  const ticks = Array.from({ length: 6 }, (_, n) => n * step);
  const [low = 1, high = 10] = [xs[0], xs.at(-1)].map((x) => Math.log10(x ?? 1));
  const atX = (x: number) =>
    PLOT.left + ((Math.log10(x) - low) / (high - low || 1)) * (WIDTH - PLOT.left - PLOT.right);
  const atY = (y: number) =>
    HEIGHT - PLOT.bottom - (y / (ticks.at(-1) ?? 1)) * (HEIGHT - PLOT.top - PLOT.bottom);
  const text = (x: number, y: number, words: string, rest = "") =>
    `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" fill="${INK}" ${rest}>${words}</text>`;
  const middle = 'text-anchor="middle"';
  const grid = ticks.flatMap((tick) => [
    `<path d="M${PLOT.left} ${atY(tick).toFixed(1)}H${WIDTH - PLOT.right}" stroke="${INK}" stroke-opacity="0.3"/>`,
    text(PLOT.left - 6, atY(tick) + 4, String(+tick.toFixed(2)), 'text-anchor="end"'),
  ]);
  const drawn = lines.flatMap(({ name, points }, n) => {
    const color = COLORS[n % COLORS.length];
    const path = points.map(({ x, y }, i) => `${i ? "L" : "M"}${atX(x).toFixed(1)} ${atY(y).toFixed(1)}`);
    return [
      `<path d="${path.join("")}" fill="none" stroke="${color}" stroke-width="2"/>`,
      ...points.map(
        ({ x, y }) => `<circle cx="${atX(x).toFixed(1)}" cy="${atY(y).toFixed(1)}" r="3" fill="${color}"/>`,
      ),
      `<text x="${PLOT.left + 8}" y="${PLOT.top + 12 + n * 16}" fill="${color}">${name}</text>`,
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12" role="img" aria-label="${title}">`,
    text(WIDTH / 2, 20, title, `${middle} font-weight="bold"`),
    ...grid,
    ...xs.map((x) => text(atX(x), HEIGHT - PLOT.bottom + 18, x.toLocaleString("en"), middle)),
    text((WIDTH + PLOT.left) / 2, HEIGHT - 8, xLabel, middle),
    text(14, HEIGHT / 2, yLabel, `${middle} transform="rotate(-90 14 ${HEIGHT / 2})"`),
    ...drawn,
    "</svg>",
    "",
  ].join("\n");
}

/** The least of 1, 2, 2.5 and 5 times a power of ten that is not less. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 2.5, 5].find((factor) => factor * power >= least) ?? 10);
}
