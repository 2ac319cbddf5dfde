const relativePrecision = 1e-15;
const tiny = 1e-300;

/** ln Γ(x) for x > 0: Stirling's series (DLMF 5.11.1) beyond 10, reached by the recurrence. */
function lnGamma(x: number): number {
  let shift = 0;
  let z = x;
  for (; z < 10; z += 1) shift -= Math.log(z);
  const z2 = z * z;
  const series = 1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - (1 / 1188 - 691 / 360360 / z2) / z2) / z2) / z2) / z2;
  return shift + (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series / z;
}

/** The continued fraction of the incomplete beta function (DLMF 8.17.22), by the modified Lentz method. */
function continuedFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m <= 10_000; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    value *= d * c;
    if (Math.abs(d * c - 1) < relativePrecision) break;
  }
  return value;
}

const nonZero = (value: number): number => (Math.abs(value) < tiny ? tiny : value);

/** The regularized incomplete beta function I_x(a, b) for x in [0, 1] and a, b > 0: the probability that Beta(a, b) is at most x. */
export function betaProbability(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) + lnGamma(a + b) - lnGamma(a) - lnGamma(b));
  // The fraction converges fast below the mean; above it the mirror image does (DLMF 8.17.4).
  return x < (a + 1) / (a + b + 2) ? (front * continuedFraction(x, a, b)) / a : 1 - (front * continuedFraction(1 - x, b, a)) / b;
}

/**
 * The value that Beta(a, b) is below with probability `p`: the root of I_x(a, b) = p, by Newton's method kept inside a
 * bracket that each step shrinks. `p` in (0, 1), a and b at least 1; correct to some 1e-12.
 */
export function betaQuantile(p: number, a: number, b: number): number {
  const lnNorm = lnGamma(a + b) - lnGamma(a) - lnGamma(b);
  let low = 0;
  let high = 1;
  let x = a / (a + b);
  for (let step = 0; step < 200 && high - low > Number.EPSILON * high; step += 1) {
    const excess = betaProbability(x, a, b) - p;
    if (excess === 0) return x;
    if (excess > 0) high = x;
    else low = x;
    const density = Math.exp(lnNorm + (a - 1) * Math.log(x) + (b - 1) * Math.log1p(-x));
    const next = x - excess / density;
    const inside = next > low && next < high ? next : (low + high) / 2;
    if (Math.abs(inside - x) <= 1e-15 * x) return inside;
    x = inside;
  }
  return x;
}
