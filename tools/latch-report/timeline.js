/* SPDX-License-Identifier: MIT */
"use strict";
/*
 * The timeline. Each run's data: {span: us, strings: [], causes: [[name, colour]], rows: [{label,
 * frames: flat array}]}, see html_timeline.c. A frame has STRIDE numbers: its commit in us after the
 * run's begin, the lengths of seven stages, how long it was on screen, then facts.
 */
(function () {
const STRIDE = 15, STAGES = 7;
const END = 8, KIND = 9, PLANE = 10, REASONS = 11, MISSED = 12, UPDATE = 13, SYNC = 14;
const NAMES = ["acquire", "gate", "wait", "assign", "compose", "submit", "flip"];
const KINDS = ["not shown", "on plane", "composed"];
const STAGE_COLOURS = ["#4477aa", "#66ccee", "#ccbb44", "#228833", "#ee8866", "#aa3377", "#a8adb4"];
const LANES = 3, LANE = 13, HEAD = 18, MARK = 12, ROW = HEAD + MARK + LANES * LANE + 8, AXIS = 22;
const MIN_SPAN = 2000;

function ms(us) { return (us / 1000).toFixed(us < 10000 ? 3 : 2) + " ms"; }

/* Frames of a surface overlap: each goes to the first lane that is free. */
function prepare(row) {
	const f = row.frames, n = f.length / STRIDE;
	row.length = n;
	row.begin = new Float64Array(n);
	row.flip = new Float64Array(n);
	row.lane = new Uint8Array(n);
	row.longest = 0;
	row.missed = [];
	const free = new Array(LANES).fill(-1);
	for (let i = 0; i < n; i++) {
		const at = i * STRIDE;
		let end = row.begin[i] = f[at];
		for (let s = 1; s <= STAGES; s++) end += f[at + s];
		row.flip[i] = end;
		let lane = free.findIndex(t => t <= row.begin[i]);
		if (lane < 0) lane = free.indexOf(Math.min(...free));
		const until = f[at + KIND] === 0 ? end + f[at + END] : end;
		free[lane] = until;
		row.lane[i] = lane;
		row.longest = Math.max(row.longest, until - row.begin[i]);
		if (f[at + MISSED] > 0) row.missed.push(i);
	}
}

/* The first index from which on all begin at or after `time`. */
function lower(row, time) {
	let a = 0, b = row.length;
	while (a < b) {
		const mid = (a + b) >> 1;
		if (row.begin[mid] < time) a = mid + 1; else b = mid;
	}
	return a;
}

function colourOf(data, text) {
	/* Of several causes the first one. */
	const found = data.causes.find(([cause]) => text.startsWith(cause + " x"));
	return found ? found[1] : "#cc4455";
}

function start(root, data) {
	const canvas = root.querySelector("canvas"), told = root.querySelector(".told");
	const context = canvas.getContext("2d");
	const view = { begin: 0, span: Math.max(data.span, MIN_SPAN) };
	let selected = null, wanted = false, width = 0;
	data.rows.forEach(prepare);
	/* It opens where something is to be seen: a second, not the whole run. */
	view.span = Math.min(view.span, 1000000);
	view.begin = Math.min(...data.rows.filter(row => row.length > 0).map(row => row.begin[0]));
	if (!isFinite(view.begin)) view.begin = 0;
	root.hidden = false;

	const x = time => (time - view.begin) / view.span * width;
	const time = px => view.begin + px / width * view.span;

	function clamp() {
		const most = Math.max(data.span * 1.02, MIN_SPAN);
		view.span = Math.min(Math.max(view.span, MIN_SPAN), most);
		view.begin = Math.min(Math.max(view.begin, -data.span * 0.01), most - view.span);
	}
	function redraw() {
		if (!wanted) { wanted = true; requestAnimationFrame(draw); }
	}
	function zoom(factor, px) {
		const at = time(px);
		view.span *= factor;
		clamp();
		view.begin = at - px / width * view.span;
		clamp();
		redraw();
	}
	function pan(us) { view.begin += us; clamp(); redraw(); }

	function drawAxis(style, height) {
		const raw = view.span / Math.max(2, width / 110);
		const power = Math.pow(10, Math.floor(Math.log10(raw)));
		const step = [1, 2, 5, 10].map(k => k * power).find(s => s >= raw);
		context.textAlign = "left";
		for (let t = Math.ceil(view.begin / step) * step; t < view.begin + view.span; t += step) {
			context.fillStyle = style.line;
			context.fillRect(Math.round(x(t)), 0, 1, height);
			context.fillStyle = style.faint;
			context.fillText(step < 1e6 ? (t / 1000).toFixed(step < 1000 ? 1 : 0) + " ms"
				: (t / 1e6).toFixed(0) + " s", x(t) + 3, height - 7);
		}
	}
	function drawFrame(row, i, top) {
		const f = row.frames, at = i * STRIDE;
		const y = top + HEAD + MARK + row.lane[i] * LANE;
		let from = row.begin[i];
		if (f[at + KIND] === 0) {
			const end = x(row.flip[i] + f[at + END]);
			context.strokeStyle = "#888888";
			context.strokeRect(x(from) + 0.5, y + 0.5, Math.max(end - x(from) - 1, 1), LANE - 4);
			return;
		}
		for (let s = 0; s < STAGES; s++) {
			const to = from + f[at + 1 + s];
			if (to > from) {
				context.fillStyle = STAGE_COLOURS[s];
				context.fillRect(x(from), y, Math.max(x(to) - x(from), 0.5), LANE - 3);
			}
			from = to;
		}
		context.fillStyle = STAGE_COLOURS[STAGES - 1];
		context.fillRect(x(row.flip[i]) - 1, y, 2, LANE - 3);
	}
	/* Too many to tell apart: how much of the time each column of pixels is for what. */
	function drawDense(row, first, last, top) {
		const columns = Math.ceil(width), sums = new Float64Array(columns * STAGES);
		const f = row.frames;
		for (let i = first; i < last; i++) {
			const column = Math.floor(x(row.flip[i]));
			if (column < 0 || column >= columns) continue;
			for (let s = 0; s < STAGES; s++) sums[column * STAGES + s] += f[i * STRIDE + 1 + s];
		}
		for (let c = 0; c < columns; c++) {
			let sum = 0, y = top + HEAD + MARK;
			for (let s = 0; s < STAGES; s++) sum += sums[c * STAGES + s];
			for (let s = 0; s < STAGES && sum > 0; s++) {
				const part = sums[c * STAGES + s] / sum * (LANES * LANE);
				context.fillStyle = STAGE_COLOURS[s];
				context.fillRect(c, y, 1, part);
				y += part;
			}
		}
	}
	function drawMissed(row, top) {
		let last = -10;
		for (const i of row.missed) {
			const px = x(row.flip[i]);
			/* Those in one pixel are one mark. */
			if (px < -5 || px > width + 5 || px - last < 0.7) continue;
			last = px;
			const text = data.strings[row.frames[i * STRIDE + MISSED]];
			context.fillStyle = colourOf(data, text);
			context.beginPath();
			context.moveTo(px - 4.5, top + HEAD);
			context.lineTo(px + 4.5, top + HEAD);
			context.lineTo(px, top + HEAD + 9);
			context.fill();
		}
	}
	function drawSelected(style, row, i, top) {
		const a = x(row.begin[i]), b = x(row.flip[i]);
		context.strokeStyle = style.text;
		context.lineWidth = 2;
		context.strokeRect(a - 1, top + HEAD + MARK + row.lane[i] * LANE - 2,
			Math.max(b - a, 2) + 2, LANE + 1);
		context.lineWidth = 1;
	}
	function draw() {
		wanted = false;
		const css = getComputedStyle(document.documentElement);
		const style = { line: css.getPropertyValue("--line"), text: css.getPropertyValue("--text"),
			faint: css.getPropertyValue("--faint") };
		const ratio = window.devicePixelRatio || 1;
		const height = data.rows.length * ROW + AXIS;
		width = canvas.clientWidth || 1;
		canvas.style.height = height + "px";
		if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
			canvas.width = Math.round(width * ratio);
			canvas.height = Math.round(height * ratio);
		}
		context.setTransform(ratio, 0, 0, ratio, 0, 0);
		context.clearRect(0, 0, width, height);
		context.font = "11px system-ui, sans-serif";
		drawAxis(style, height);
		data.rows.forEach((row, r) => {
			const top = r * ROW;
			const first = lower(row, view.begin - row.longest);
			const last = lower(row, view.begin + view.span);
			if (last - first > width / 3) drawDense(row, first, last, top);
			else for (let i = first; i < last; i++) drawFrame(row, i, top);
			drawMissed(row, top);
			if (selected && selected.row === r) drawSelected(style, row, selected.i, top);
			context.fillStyle = style.text;
			context.fillText(row.label, 4, top + 13);
		});
	}

	function describe(r, i) {
		const row = data.rows[r], f = row.frames, at = i * STRIDE;
		const lines = [row.label + ", update " + f[at + UPDATE] + ": " + KINDS[f[at + KIND]] +
			(f[at + PLANE] ? " " + f[at + PLANE] : "") + ", fence: " + data.strings[f[at + SYNC]]];
		if (data.strings[f[at + REASONS]]) lines.push("not on a plane: " + data.strings[f[at + REASONS]]);
		if (f[at + MISSED] > 0) lines.push("missed vblanks: " + data.strings[f[at + MISSED]]);
		lines.push("committed at " + (row.begin[i] / 1e6).toFixed(6) + " s" + (f[at + KIND] ?
			", on screen " + ms(row.flip[i] - row.begin[i]) + " later" : ""));
		lines.push(NAMES.map((name, s) => name + " " + ms(f[at + 1 + s])).join("   "));
		told.textContent = lines.join("\n");
	}
	function find(px, py) {
		const r = Math.floor(py / ROW);
		if (r < 0 || r >= data.rows.length) return null;
		const row = data.rows[r], t = time(px), slack = 5 * view.span / width;
		const lane = Math.floor((py - r * ROW - HEAD - MARK) / LANE);
		let best = null, least = Infinity;
		const last = lower(row, t + slack);
		for (let i = lower(row, t - row.longest - slack); i < last; i++) {
			if (t > row.flip[i] + slack) continue;
			/* On the marks the missed ones count, below them the lane. */
			let distance = Math.abs(t - (lane < 0 ? row.flip[i] : (row.begin[i] + row.flip[i]) / 2));
			if (lane < 0 && !row.frames[i * STRIDE + MISSED]) distance += 1e9;
			if (lane >= 0 && lane !== row.lane[i]) distance += 1e9;
			if (distance < least) { least = distance; best = { row: r, i }; }
		}
		return best;
	}
	function select(found) {
		selected = found;
		if (found) describe(found.row, found.i);
		redraw();
	}
	function go(direction) {
		const now = selected ? data.rows[selected.row].flip[selected.i] : direction > 0 ? -1 : Infinity;
		let best = null, least = Infinity;
		data.rows.forEach((row, r) => row.missed.forEach(i => {
			const distance = (row.flip[i] - now) * direction;
			if (distance > 0 && distance < least) { least = distance; best = { row: r, i }; }
		}));
		if (!best) { told.textContent = "There is no other missed vblank in this direction."; return; }
		view.span = Math.min(view.span, 300000);
		view.begin = data.rows[best.row].flip[best.i] - view.span / 2;
		clamp();
		select(best);
	}

	const actions = {
		out: () => zoom(2, width / 2), "in": () => zoom(0.5, width / 2),
		all: () => { view.begin = 0; view.span = data.span * 1.02; clamp(); redraw(); },
		previous: () => go(-1), next: () => go(1),
		left: () => pan(-view.span / 4), right: () => pan(view.span / 4),
	};
	root.querySelectorAll("button").forEach(b => b.addEventListener("click", actions[b.dataset.do]));
	canvas.addEventListener("keydown", event => {
		const keys = { ArrowLeft: "left", ArrowRight: "right", "+": "in", "=": "in", "-": "out",
			n: "next", p: "previous", "0": "all" };
		if (keys[event.key] && !event.ctrlKey && !event.metaKey) { event.preventDefault(); actions[keys[event.key]](); }
	});
	canvas.addEventListener("wheel", event => {
		/* Without a key the page scrolls, as it does everywhere else; sideways it pans. */
		if (event.ctrlKey || event.shiftKey) {
			event.preventDefault();
			zoom(Math.pow(1.0015, event.deltaY || event.deltaX), event.offsetX);
		} else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
			event.preventDefault();
			pan(event.deltaX / width * view.span);
		}
	}, { passive: false });
	const pointers = new Map();
	let moved = 0;
	canvas.addEventListener("pointerdown", event => {
		pointers.set(event.pointerId, event.offsetX);
		canvas.setPointerCapture(event.pointerId);
		moved = 0;
	});
	canvas.addEventListener("pointermove", event => {
		if (!pointers.has(event.pointerId)) {
			if (event.pointerType === "mouse") {
				const found = find(event.offsetX, event.offsetY);
				if (found) select(found);
			}
			return;
		}
		const before = pointers.get(event.pointerId);
		if (pointers.size === 2) {
			const other = [...pointers].find(([id]) => id !== event.pointerId)[1];
			const apart = Math.abs(event.offsetX - other), was = Math.abs(before - other);
			if (apart > 10 && was > 10) zoom(was / apart, (event.offsetX + other) / 2);
		} else {
			pan((before - event.offsetX) / width * view.span);
		}
		moved += Math.abs(event.offsetX - before);
		pointers.set(event.pointerId, event.offsetX);
	});
	for (const name of ["pointerup", "pointercancel"]) {
		canvas.addEventListener(name, event => {
			if (pointers.delete(event.pointerId) && name === "pointerup" && moved < 6) {
				select(find(event.offsetX, event.offsetY));
			}
		});
	}
	new ResizeObserver(redraw).observe(canvas);
	matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
	clamp();
	redraw();
}

document.querySelectorAll(".timeline").forEach((root, i) => start(root, window.latchRuns[i]));
})();
