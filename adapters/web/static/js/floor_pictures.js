// Faces, names and speech on the plan, drawn once into pictures of their own and stamped from then on:
// text and shadows are what a frame has no time for.

const NAME_WIDTH_MAX = 150;
const BUBBLE_WIDTH_MAX = 208;
const BUBBLE_LINES_MAX = 3;
const LINE_PX = 18;
const PAD = 10;
const TAIL = 7;

function newPicture(width, height) {
  const ratio = Math.min(3, window.devicePixelRatio || 1);
  const canvas = document.createElement('canvas');
  canvas.width = Math.ceil(width * ratio);
  canvas.height = Math.ceil(height * ratio);
  const ctx = canvas.getContext('2d');
  ctx.scale(ratio, ratio);
  return { canvas, ctx, width: Math.ceil(width), height: Math.ceil(height) };
}

function drawFace(person, radius, theme) {
  const room = radius + 14; // the own ring, and the shadow
  const picture = newPicture(2 * room, 2 * room);
  const { ctx } = picture;
  const disc = (size) => {
    ctx.beginPath();
    ctx.arc(room, room, size, 0, 2 * Math.PI);
  };
  ctx.shadowColor = theme.shadow;
  ctx.shadowBlur = 10;
  ctx.shadowOffsetY = 3;
  ctx.fillStyle = theme.person(person.hue);
  disc(radius);
  ctx.fill();
  ctx.shadowColor = 'transparent';
  ctx.lineWidth = person.self ? 3 : 2;
  ctx.strokeStyle = theme.surface;
  ctx.stroke();
  if (person.self) {
    disc(radius + 3.5);
    ctx.lineWidth = 2;
    ctx.strokeStyle = theme.accent;
    ctx.stroke();
  }
  ctx.fillStyle = theme.personInk;
  ctx.font = `650 ${Math.round(radius * 0.78)}px ${theme.font}`;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.fillText(person.initials, room, room + radius * 0.05);
  return picture;
}

export function facePicture(body, radius, theme) {
  const { face, person } = body;
  if (face?.person === person && face.radius === radius && face.theme === theme) return face.picture;
  body.face = { person, radius, theme, picture: drawFace(person, radius, theme) };
  return body.face.picture;
}

const measure = document.createElement('canvas').getContext('2d');

function shortened(text, widthMax) {
  if (measure.measureText(text).width <= widthMax) return text;
  const characters = [...text];
  while (characters.length > 1 && measure.measureText(`${characters.join('')}…`).width > widthMax) {
    characters.pop();
  }
  return `${characters.join('')}…`;
}

function drawLabel(text, self, theme) {
  const font = `${self ? 650 : 550} 13px ${theme.font}`;
  measure.font = font;
  const shown = shortened(text, NAME_WIDTH_MAX);
  const width = measure.measureText(shown).width + 16;
  const picture = newPicture(width, 22);
  const { ctx } = picture;
  ctx.beginPath();
  ctx.roundRect(0, 1, width, 20, 10);
  ctx.globalAlpha = 0.86;
  ctx.fillStyle = theme.surface;
  ctx.fill();
  ctx.globalAlpha = 1;
  ctx.font = font;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.fillStyle = self ? theme.accent : theme.ink;
  ctx.fillText(shown, width / 2, 11.5);
  return picture;
}

export function labelPicture(body, theme) {
  const text = body.person.self ? 'You' : body.person.name;
  const label = body.label;
  if (label?.text === text && label.theme === theme) return label.picture;
  body.label = { text, theme, picture: drawLabel(text, body.person.self, theme) };
  return body.label.picture;
}

function wrapped(text) {
  const lines = [];
  let line = '';
  for (const word of text.replace(/\s+/gu, ' ').trim().split(' ')) {
    const longer = line ? `${line} ${word}` : word;
    if (measure.measureText(longer).width <= BUBBLE_WIDTH_MAX - 2 * PAD || !line) line = longer;
    else {
      lines.push(line);
      line = word;
    }
    if (lines.length === BUBBLE_LINES_MAX) break;
  }
  if (lines.length < BUBBLE_LINES_MAX) lines.push(line);
  else if (line) lines[BUBBLE_LINES_MAX - 1] += ' …';
  return lines.map((each) => shortened(each, BUBBLE_WIDTH_MAX - 2 * PAD));
}

function drawBubble(text, theme) {
  const font = `500 14px ${theme.font}`;
  measure.font = font;
  const lines = wrapped(text.slice(0, 400));
  const inner = Math.max(...lines.map((line) => measure.measureText(line).width));
  const width = inner + 2 * PAD + 8;
  const body = lines.length * LINE_PX + 2 * PAD - 4;
  const picture = newPicture(width, body + TAIL + 4);
  const { ctx } = picture;
  ctx.beginPath();
  ctx.roundRect(4, 2, width - 8, body, 12);
  ctx.moveTo(width / 2 - TAIL, body + 1.5);
  ctx.lineTo(width / 2, body + TAIL + 2);
  ctx.lineTo(width / 2 + TAIL, body + 1.5);
  ctx.shadowColor = theme.shadow;
  ctx.shadowBlur = 4;
  ctx.fillStyle = theme.bubble;
  ctx.fill();
  ctx.shadowColor = 'transparent';
  ctx.font = font;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.fillStyle = theme.bubbleInk;
  lines.forEach((line, i) => ctx.fillText(line, width / 2, 2 + PAD - 2 + (i + 0.5) * LINE_PX));
  return picture;
}

export function bubblePicture(bubble, theme) {
  if (bubble.theme !== theme) {
    bubble.theme = theme;
    bubble.picture = drawBubble(bubble.text, theme);
  }
  return bubble.picture;
}
