// The plan's colours, read from the style sheet so that one place decides what light and dark are.

const NAMES = ['floor', 'grid', 'grid-strong', 'ink', 'ink-soft', 'surface', 'accent', 'ring', 'ring-end', 'shadow', 'bubble', 'bubble-ink'];

export function readTheme() {
  const style = getComputedStyle(document.documentElement);
  const theme = {};
  for (const name of NAMES) {
    const key = name.replace(/-./g, (match) => match[1].toUpperCase());
    theme[key] = style.getPropertyValue(`--plan-${name}`).trim();
  }
  theme.font = style.getPropertyValue('--font').trim();
  theme.person = (hue) => `oklch(${style.getPropertyValue('--person-tone').trim()} ${hue})`;
  theme.personInk = style.getPropertyValue('--person-ink').trim();
  return theme;
}

export function onThemeChange(listener) {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', listener);
  return () => dark.removeEventListener('change', listener);
}
