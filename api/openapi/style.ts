// How the reference looks.

export const style = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent); }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; display: grid; grid-template-columns: 20rem minmax(0, 1fr); }
nav { padding: 1rem; height: 100vh; overflow: auto; position: sticky; top: 0; border-right: 1px solid var(--line); }
nav h2 { font-size: 0.9rem; margin: 1rem 0 0.25rem; }
nav ul { list-style: none; margin: 0; padding: 0; font-size: 0.85rem; }
nav a { text-decoration: none; overflow-wrap: anywhere; }
main { padding: 1rem 2rem 4rem; max-width: 60rem; }
article, section[id] { border-top: 1px solid var(--line); padding-block: 1rem; }
pre { white-space: pre-wrap; }
pre, h3, td:last-child { overflow-wrap: anywhere; }
pre { padding: 0.5rem; border: 1px solid var(--line); border-radius: 4px; font-size: 0.85rem; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; font-weight: bold; }
th, td { text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); padding: 0.25rem 0.5rem; }
@media (max-width: 50rem) { body { display: block; } nav { position: static; height: auto; border: 0; } }
`;
