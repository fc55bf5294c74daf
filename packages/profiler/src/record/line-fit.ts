/** Least squares of y = a + b · x, from sums. */
export class LineFit {
  #n = 0;
  #x = 0;
  #y = 0;
  #xx = 0;
  #xy = 0;
  #yy = 0;

  add(x: number, y: number): void {
    this.#n++;
    this.#x += x;
    this.#y += y;
    this.#xx += x * x;
    this.#xy += x * y;
    this.#yy += y * y;
  }

  /** Undefined with fewer than ten points, or with all of them at nearly the same x. */
  line(): { a: number; b: number; r2: number } | undefined {
    const n = this.#n;
    if (n < 10) return undefined;
    const varianceX = this.#xx / n - (this.#x / n) ** 2;
    const varianceY = this.#yy / n - (this.#y / n) ** 2;
    // A spread of less than a tenth of the mean says nothing of the slope.
    if (!(varianceX > (0.1 * (this.#x / n)) ** 2) || varianceX <= 0) return undefined;
    const covariance = this.#xy / n - (this.#x / n) * (this.#y / n);
    const b = covariance / varianceX;
    const r2 = varianceY <= 0 ? 0 : Math.min(1, covariance ** 2 / (varianceX * varianceY));
    return { a: this.#y / n - b * (this.#x / n), b, r2 };
  }
}
