// Draws Chart.js pictures from the data tables beneath them, so that picture and figures cannot differ.
// <canvas data-kind="stack|waterfall|bars" data-table="id">, rows <tr data-value data-colour="--c-a" data-kind="solid">.
// <canvas data-kind="series">: each heading with data-colour is a series, its cells carry data-value.
// data-value is in rupees, or in data-unit of the canvas; a mark leads where the link of its row leads. Needs vendor/chartjs/chart.umd.min.js loaded (defer) before it.
const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const words = document.getElementById('words')?.dataset || {};

function short(value) {
  const size = Math.abs(value);
  const sign = value < 0 ? '\u2212' : '';
  if (size >= 1e7) return `${sign}₹${(size / 1e7).toFixed(2)} ${words.crore}`;
  if (size >= 1e5) return `${sign}₹${(size / 1e5).toFixed(2)} ${words.lakh}`;
  return `${sign}₹${size.toLocaleString('en-IN', { minimumFractionDigits: Number.isInteger(size) ? 0 : 2, maximumFractionDigits: 2 })}`;
}

// A pattern besides the colour, so that print and colour-blind readers can tell the series apart.
function fill(row) {
  const colour = css(row.colour);
  if (row.kind === 'solid') return colour;
  const tile = document.createElement('canvas');
  tile.width = tile.height = 8;
  const pen = tile.getContext('2d');
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 8, 8);
  pen.strokeStyle = pen.fillStyle = css('--surface');
  pen.globalAlpha = 0.55;
  pen.lineWidth = 1.4;
  pen.beginPath();
  const line = (x1, y1, x2, y2) => { pen.moveTo(x1, y1); pen.lineTo(x2, y2); };
  if (row.kind === 'slash' || row.kind === 'cross') { line(-2, 10, 10, -2); line(-2, 2, 2, -2); line(6, 10, 10, 6); }
  if (row.kind === 'cross') line(-2, -2, 10, 10);
  if (row.kind === 'lines') line(0, 4, 8, 4);
  if (row.kind === 'dots') { pen.arc(4, 4, 1.4, 0, 7); pen.fill(); } else pen.stroke();
  return pen.createPattern(tile, 'repeat');
}

function read(canvas) {
  const table = document.getElementById(canvas.dataset.table);
  return [...table.tBodies[0].rows].filter(row => row.dataset.value).map(row => ({
    label: row.cells[0].dataset.short || row.cells[0].textContent.trim(),
    value: Number(row.dataset.value),
    colour: row.dataset.colour || '--c-1',
    kind: row.dataset.kind || 'solid',
  }));
}

const money = (small, unit) => ({ beginAtZero: true, grid: { color: css('--rule') }, ticks: { callback: unit ? value => `${value} ${unit}` : short, maxTicksLimit: small ? 4 : 8 } });

function stack(rows, small) {
  return {
    type: 'bar',
    data: { labels: [''], datasets: rows.map(row => ({
      label: row.label, data: [row.value], backgroundColor: fill(row), borderColor: css('--surface'), borderWidth: { right: 2 }, barThickness: 44 })) },
    options: {
      indexAxis: 'y', maintainAspectRatio: false,
      scales: { x: { stacked: true, ...money(small) }, y: { stacked: true, display: false } },
      plugins: { legend: { position: 'bottom', align: 'start', labels: { boxWidth: 16, boxHeight: 12, padding: 14 } } },
    },
  };
}

// A name under a bar in lines of some ten letters, so that it need not be turned; | says where to break.
function lines(label) {
  if (label.includes('|')) return label.split('|');
  return label.split(' ').reduce((all, word) => {
    const last = all.at(-1);
    if (last !== undefined && last.length + word.length < 10) all[all.length - 1] = `${last} ${word}`;
    else all.push(word);
    return all;
  }, []);
}

function bars(rows, small, unit) {
  // lying where names would run into each other
  const lying = small && rows.length > 3;
  return {
    type: 'bar',
    data: { labels: rows.map(row => (lying ? row.label : lines(row.label))), datasets: [{ data: rows.map(row => row.value), backgroundColor: rows.map(fill), barPercentage: 0.62 }] },
    options: {
      indexAxis: lying ? 'y' : 'x', maintainAspectRatio: false, plugins: { legend: { display: false } },
      scales: { [lying ? 'y' : 'x']: { grid: { display: false }, ticks: { autoSkip: false, maxRotation: 0 } }, [lying ? 'x' : 'y']: money(small, unit) },
    },
  };
}

// Steps from 0; the last row is the net change, drawn from 0 again. ▲▼ and the sign stand above each step.
function waterfall(rows) {
  let at = 0;
  const spans = rows.map((row, i) => {
    if (i === rows.length - 1) return [0, row.value];
    const span = [at, at + row.value];
    at += row.value;
    return span;
  });
  const marks = {
    id: 'marks',
    afterDatasetsDraw(chart) {
      const pen = chart.ctx;
      const drawn = chart.getDatasetMeta(0).data;
      const height = chart.scales.y;
      pen.font = `600 13px ${Chart.defaults.font.family}`;
      pen.textAlign = 'center';
      pen.fillStyle = css('--text');
      pen.strokeStyle = css('--control');
      rows.forEach((row, i) => {
        pen.fillText(`${row.value < 0 ? '▼' : '▲'} ${short(row.value)}`, drawn[i].x, height.getPixelForValue(Math.max(...spans[i])) - 7);
        if (i >= rows.length - 2) return;
        const y = height.getPixelForValue(spans[i][1]);
        pen.setLineDash([3, 3]);
        pen.beginPath();
        pen.moveTo(drawn[i].x, y);
        pen.lineTo(drawn[i + 1].x, y);
        pen.stroke();
        pen.setLineDash([]);
      });
    },
  };
  return {
    type: 'bar', plugins: [marks],
    data: { labels: rows.map(row => row.label.split('|')), datasets: [{ data: spans, backgroundColor: rows.map(fill), barPercentage: 0.62 }] },
    options: {
      maintainAspectRatio: false, layout: { padding: { top: 18 } }, plugins: { legend: { display: false } },
      scales: { x: { grid: { display: false }, ticks: { autoSkip: false, maxRotation: 0 } }, y: { ...money(false), grace: '8%' } },
    },
  };
}

// Several series, stacked; a heading of kind "line" is drawn as a line over them. data-axis="y" lays the bars down.
function series(canvas, small) {
  const table = document.getElementById(canvas.dataset.table);
  const body = [...table.tBodies[0].rows];
  const lying = canvas.dataset.axis === 'y';
  const heads = [...table.tHead.rows[0].cells].filter(cell => cell.dataset.colour);
  const datasets = heads.map(cell => {
    const row = { colour: cell.dataset.colour, kind: cell.dataset.kind };
    const line = row.kind === 'line';
    const data = body.map(tr => tr.cells[cell.cellIndex].dataset.value).map(value => (value === '' ? null : Number(value)));
    return line
      ? { type: 'line', label: cell.textContent.trim(), data, borderColor: css(row.colour), backgroundColor: css(row.colour), borderWidth: 2, pointRadius: 4, pointStyle: 'rectRot', stack: 'line', order: 0 }
      : { label: cell.textContent.trim(), data, backgroundColor: fill(row), borderColor: css('--surface'), borderWidth: lying ? { right: 2 } : { top: 2 }, maxBarThickness: 44, stack: 'all', order: 1 };
  });
  const cut = text => (small && text.length > 14 ? `${text.slice(0, 13)}…` : text);
  const labels = body.map(row => cut(row.cells[0].dataset.short || row.cells[0].textContent.trim()));
  const names = { stacked: true, grid: { display: false }, ticks: { autoSkip: false } };
  const values = { stacked: true, ...money(small) };
  return {
    type: 'bar', data: { labels, datasets },
    options: {
      indexAxis: lying ? 'y' : 'x', maintainAspectRatio: false,
      scales: lying ? { x: values, y: names } : { x: names, y: values },
      plugins: { legend: { position: 'bottom', align: 'start', labels: { boxWidth: 16, boxHeight: 12, padding: 14 } } },
    },
  };
}

const KINDS = { stack, bars, waterfall };

// The picture as a second way to the lists; the links of the table are the first, and reach all of them.
function follow(canvas, chart) {
  chart.options.onClick = (event, marks) => {
    if (!marks.length) return;
    const at = canvas.dataset.kind === 'stack' ? marks[0].datasetIndex : marks[0].index;
    const to = document.getElementById(canvas.dataset.table).tBodies[0].rows[at]?.querySelector('a');
    if (to) to.click();
  };
}

// a telephone that is turned has the other picture
const narrow = matchMedia('(max-width: 719px)');

function draw() {
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.font.size = 13;
  Chart.defaults.color = css('--muted');
  Chart.defaults.animation = false;
  document.querySelectorAll('canvas[data-table]').forEach(canvas => {
    Chart.getChart(canvas)?.destroy();
    const small = narrow.matches;
    const rows = canvas.dataset.kind === 'series' ? [] : read(canvas);
    if (rows.length) follow(canvas, new Chart(canvas, KINDS[canvas.dataset.kind](rows, small, canvas.dataset.unit)));
    else if (canvas.dataset.kind === 'series') follow(canvas, new Chart(canvas, series(canvas, small)));
  });
}

draw();
narrow.addEventListener('change', draw);
document.addEventListener('ims:theme', draw);
document.addEventListener('ims:swapped', draw);
