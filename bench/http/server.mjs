// Answers `GET /<number>` with what `page(number)` returns.

/** @param page returns a text, or a promise of one */
export function answerWith(page) {
  return async (request, response) => {
    try {
      const text = page(Number(request.url.slice(1)));
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(typeof text === 'string' ? text : await text);
    } catch (error) {
      response.statusCode = 500;
      response.end(String(error));
    }
  };
}
