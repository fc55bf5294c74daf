import { CLIENT_SCRIPT, CLIENT_STYLE } from './client-code.js';

interface PageFile {
  type: string;
  text: string;
}

const HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Millpond live</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="style.css">
<script src="page.js" defer></script>
</head>
<body><noscript>This page needs JavaScript. The address that ends in "state" has the same as JSON.</noscript></body>
</html>
`;

/** Files of the page by their names below the token. */
export const PAGE_FILES: ReadonlyMap<string, PageFile> = new Map([
  ['', { type: 'text/html; charset=utf-8', text: HTML }],
  ['page.js', { type: 'text/javascript; charset=utf-8', text: CLIENT_SCRIPT }],
  ['style.css', { type: 'text/css; charset=utf-8', text: CLIENT_STYLE }],
]);
