// Draws one frame of the plan.

import { bubblePicture, facePicture, labelPicture } from './floor_pictures.js';

const GRID_STRONG_EVERY = 5;
const GRID_FINE_SCALE_MIN = 13; // pixels a metre below which the one-metre lines would be grey mush
const BUBBLE_MS = 7000;
const BUBBLE_FADE_MS = 350;
const PING_MS = 1400;
const EDGE_PX = 26;
const HEADING_PX = 8;

function linePath(ctx, camera, step, skip) {
  const from = camera.toPlan(0, 0);
  const to = camera.toPlan(camera.width, camera.height);
  ctx.beginPath();
  for (let metre = Math.ceil(from.x / step) * step; metre <= to.x; metre += step) {
    if (skip && metre % skip === 0) continue;
    const x = Math.round(camera.toScreen({ x: metre, z: 0 }).x) + 0.5;
    ctx.moveTo(x, 0);
    ctx.lineTo(x, camera.height);
  }
  for (let metre = Math.ceil(from.z / step) * step; metre <= to.z; metre += step) {
    if (skip && metre % skip === 0) continue;
    const y = Math.round(camera.toScreen({ x: 0, z: metre }).y) + 0.5;
    ctx.moveTo(0, y);
    ctx.lineTo(camera.width, y);
  }
}

function paintGrid(ctx, camera, theme) {
  ctx.fillStyle = theme.floor;
  ctx.fillRect(0, 0, camera.width, camera.height);
  ctx.lineWidth = 1;
  if (camera.scale >= GRID_FINE_SCALE_MIN) {
    linePath(ctx, camera, 1, GRID_STRONG_EVERY);
    ctx.strokeStyle = theme.grid;
    ctx.stroke();
  }
  linePath(ctx, camera, GRID_STRONG_EVERY, 0);
  ctx.strokeStyle = theme.gridStrong;
  ctx.stroke();
  const middle = camera.toScreen({ x: 0, z: 0 });
  ctx.beginPath();
  ctx.arc(middle.x, middle.y, 3, 0, 2 * Math.PI);
  ctx.fillStyle = theme.gridStrong;
  ctx.fill();
}

function paintRing(ctx, camera, theme, pose, rangeM) {
  const { x, y } = camera.toScreen(pose);
  const radius = rangeM * camera.scale;
  const glow = ctx.createRadialGradient(x, y, camera.scale, x, y, radius);
  glow.addColorStop(0, theme.ring);
  glow.addColorStop(1, theme.ringEnd);
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
  ctx.fillStyle = glow;
  ctx.fill();
  ctx.setLineDash([3, 7]);
  ctx.lineCap = 'round';
  ctx.lineWidth = 1.5;
  ctx.globalAlpha = 0.55;
  ctx.strokeStyle = theme.accent;
  ctx.stroke();
  ctx.globalAlpha = 1;
  ctx.setLineDash([]);
}

function paintTarget(ctx, camera, theme, target, nowMs, still) {
  const { x, y } = camera.toScreen(target);
  const beat = still ? 0 : Math.sin(nowMs / 180) * 1.5;
  ctx.beginPath();
  ctx.arc(x, y, 7 + beat, 0, 2 * Math.PI);
  ctx.lineWidth = 2;
  ctx.strokeStyle = theme.accent;
  ctx.stroke();
  ctx.beginPath();
  ctx.arc(x, y, 2, 0, 2 * Math.PI);
  ctx.fillStyle = theme.accent;
  ctx.fill();
}

export function bodyRadius(camera) {
  return Math.round(Math.min(25, Math.max(13, camera.scale * 0.4))); // whole, so that pictures last
}

// A small arrowhead outside the rim, on the side they face.
function paintHeading(ctx, x, y, from, yaw) {
  ctx.save();
  ctx.translate(x, y);
  ctx.rotate((-yaw * Math.PI) / 180 - Math.PI / 2);
  ctx.beginPath();
  ctx.moveTo(from + HEADING_PX, 0);
  ctx.lineTo(from, -HEADING_PX * 0.85);
  ctx.quadraticCurveTo(from + 2, 0, from, HEADING_PX * 0.85);
  ctx.closePath();
  ctx.lineJoin = 'round';
  ctx.lineWidth = 2;
  ctx.stroke();
  ctx.fill();
  ctx.restore();
}

function paintVoice(ctx, theme, body, x, y, radius) {
  if (!(body.level > 0.02)) return;
  ctx.beginPath();
  ctx.arc(x, y, radius + 4 + Math.min(1, body.level) * 9, 0, 2 * Math.PI);
  ctx.globalAlpha = 0.28;
  ctx.fillStyle = theme.person(body.person.hue);
  ctx.fill();
  ctx.globalAlpha = 1;
}

function paintPing(ctx, theme, body, x, y, radius, nowMs) {
  const part = (nowMs - body.pingAtMs) / PING_MS;
  if (!(part >= 0 && part < 1)) return;
  ctx.beginPath();
  ctx.arc(x, y, radius + part * 46, 0, 2 * Math.PI);
  ctx.globalAlpha = 1 - part;
  ctx.lineWidth = 3;
  ctx.strokeStyle = theme.person(body.person.hue);
  ctx.stroke();
  ctx.globalAlpha = 1;
}

function paintBody(ctx, camera, theme, body, nowMs) {
  const { person, pose } = body;
  const { x, y } = camera.toScreen(pose);
  const radius = bodyRadius(camera);
  paintPing(ctx, theme, body, x, y, radius, nowMs);
  paintVoice(ctx, theme, body, x, y, radius);
  ctx.fillStyle = theme.person(person.hue);
  ctx.strokeStyle = ctx.fillStyle;
  paintHeading(ctx, x, y, radius + (person.self ? 8 : 4), pose.yaw);
  const { canvas, width, height } = facePicture(body, radius, theme);
  ctx.drawImage(canvas, x - width / 2, y - height / 2, width, height);
}

function paintLabel(ctx, camera, theme, body) {
  const { x, y } = camera.toScreen(body.pose);
  const label = labelPicture(body, theme);
  const top = y + bodyRadius(camera) + (body.person.self ? 9 : 7) + HEADING_PX;
  ctx.drawImage(label.canvas, Math.round(x - label.width / 2), Math.round(top), label.width, label.height);
}

function paintBubble(ctx, camera, theme, body, nowMs, still) {
  if (!body.bubble) return;
  const age = nowMs - body.bubble.atMs;
  if (age > BUBBLE_MS) {
    body.bubble = null;
    return;
  }
  const { x, y } = camera.toScreen(body.pose);
  const picture = bubblePicture(body.bubble, theme);
  const fade = Math.min(1, age / 160, (BUBBLE_MS - age) / BUBBLE_FADE_MS);
  const lift = still ? 0 : (1 - Math.min(1, age / 220)) * 8;
  const left = Math.min(camera.width - picture.width - 8, Math.max(8, x - picture.width / 2));
  const top = Math.max(8, y - bodyRadius(camera) - 13 - picture.height + lift);
  ctx.globalAlpha = Math.max(0, fade);
  ctx.drawImage(picture.canvas, Math.round(left), Math.round(top), picture.width, picture.height);
  ctx.globalAlpha = 1;
}

// Who is outside the view stays findable: their colour at the edge, pointing at them.
function paintEdgeMark(ctx, camera, theme, body, me) {
  const { x, y } = camera.toScreen(body.pose);
  const dx = x - camera.width / 2;
  const dy = y - camera.height / 2;
  const reach = Math.min(
    (camera.width / 2 - EDGE_PX) / Math.max(1, Math.abs(dx)),
    (camera.height / 2 - EDGE_PX) / Math.max(1, Math.abs(dy)),
  );
  const markX = camera.width / 2 + dx * reach;
  const markY = camera.height / 2 + dy * reach;
  ctx.fillStyle = theme.person(body.person.hue);
  ctx.strokeStyle = ctx.fillStyle;
  const angle = Math.atan2(dy, dx);
  paintHeading(ctx, markX, markY, 13, (-(angle + Math.PI / 2) * 180) / Math.PI);
  ctx.beginPath();
  ctx.arc(markX, markY, 12, 0, 2 * Math.PI);
  ctx.fill();
  ctx.fillStyle = theme.personInk;
  ctx.font = `650 9.5px ${theme.font}`;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.fillText(body.person.initials, markX, markY + 0.5);
  const far = Math.round(Math.hypot(body.pose.x - me.x, body.pose.z - me.z));
  ctx.fillStyle = theme.inkSoft;
  ctx.font = `500 10.5px ${theme.font}`;
  ctx.fillText(`${far} m`, markX - Math.cos(angle) * 8, markY - Math.sin(angle) * 4 + (dy > 0 ? -22 : 22));
}

function outside(camera, pose) {
  const { x, y } = camera.toScreen(pose);
  return x < -6 || y < -6 || x > camera.width + 6 || y > camera.height + 6;
}

// How long a metre is, as a map says it.
function paintScaleBar(ctx, camera, theme) {
  const metres = [1, 5, 20].find((each) => each * camera.scale >= 44) ?? 20;
  const width = metres * camera.scale;
  const y = camera.height - 22.5;
  ctx.beginPath();
  ctx.moveTo(20.5, y - 5);
  ctx.lineTo(20.5, y);
  ctx.lineTo(20.5 + width, y);
  ctx.lineTo(20.5 + width, y - 5);
  ctx.lineWidth = 1.5;
  ctx.strokeStyle = theme.inkSoft;
  ctx.stroke();
  ctx.fillStyle = theme.inkSoft;
  ctx.font = `550 11.5px ${theme.font}`;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'bottom';
  ctx.fillText(`${metres} m`, 20.5 + width / 2, y - 4);
}

// A line from whom I hear to me, and a ring about them: solid where no distance is between us.
function paintHeard(ctx, camera, theme, body, me, kind) {
  const from = camera.toScreen(body.pose);
  const to = camera.toScreen(me.pose);
  const radius = bodyRadius(camera) + 5;
  const far = Math.hypot(to.x - from.x, to.y - from.y);
  ctx.strokeStyle = theme.accent;
  ctx.lineCap = 'round';
  ctx.lineWidth = kind === 'nearby' ? 1.5 : 2.5;
  ctx.globalAlpha = 0.7;
  ctx.setLineDash(kind === 'nearby' ? [2, 6] : []);
  if (far > 2 * radius + 4) {
    const part = radius / far;
    ctx.beginPath();
    ctx.moveTo(from.x + (to.x - from.x) * part, from.y + (to.y - from.y) * part);
    ctx.lineTo(to.x - (to.x - from.x) * part, to.y - (to.y - from.y) * part);
    ctx.stroke();
  }
  ctx.setLineDash([]);
  ctx.beginPath();
  ctx.arc(from.x, from.y, radius, 0, 2 * Math.PI);
  ctx.stroke();
  ctx.globalAlpha = 1;
}

// The scene: camera, theme, me (the own body or null), bodies (all, own included), target (where I am
// going), hearing (heard: socket id → {kind}, and rangeM: how far I hear by distance, or null), measured (show how long a metre is), nowMs, still (nothing pulses).
// Returns whether something in it changes by itself, so that another frame is wanted.
export function paintScene(ctx, { camera, theme, me, bodies, target, hearing, measured, nowMs, still }) {
  paintGrid(ctx, camera, theme);
  if (measured) paintScaleBar(ctx, camera, theme);
  if (me && hearing.rangeM !== null) paintRing(ctx, camera, theme, me.pose, hearing.rangeM);
  for (const body of me ? bodies : []) {
    const kind = hearing.heard.get(body.person.socketId)?.kind;
    if (kind) paintHeard(ctx, camera, theme, body, me, kind);
  }
  if (target) paintTarget(ctx, camera, theme, target, nowMs, still);
  const inside = bodies.filter((body) => !outside(camera, body.pose));
  inside.sort((a, b) => Number(a.person.self) - Number(b.person.self) || a.pose.z - b.pose.z);
  for (const body of inside) if (!body.person.self) paintLabel(ctx, camera, theme, body);
  for (const body of inside) paintBody(ctx, camera, theme, body, nowMs);
  if (me) paintLabel(ctx, camera, theme, me);
  if (me) {
    for (const body of bodies) {
      if (outside(camera, body.pose)) paintEdgeMark(ctx, camera, theme, body, me.pose);
    }
  }
  let lively = Boolean(target);
  for (const body of inside) {
    paintBubble(ctx, camera, theme, body, nowMs, still);
    lively ||= Boolean(body.bubble) || nowMs - body.pingAtMs < PING_MS || body.level > 0.02;
  }
  return lively;
}
