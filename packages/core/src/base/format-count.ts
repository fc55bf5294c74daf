/** Formats a count for people, rounded and with separated thousands: 1234567 → "1,234,567". */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}
