/** Two texts line by line: what stayed, what went, what came. */
export interface DiffLine {
  kind: 'same' | 'gone' | 'new'
  text: string
}

/** Past it both are shown whole: the table below would grow with their product. */
const MOST = 600

export function lineDiff(before: string, after: string): DiffLine[] {
  const [a, b] = [before.split('\n'), after.split('\n')]
  const gone = (text: string): DiffLine => ({ kind: 'gone', text })
  const came = (text: string): DiffLine => ({ kind: 'new', text })
  if (a.length > MOST || b.length > MOST) return [...a.map(gone), ...b.map(came)]
  // How many lines the rests from i and j on have in common.
  const common = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1))
  const at = (i: number, j: number): number => common[i]?.[j] ?? 0
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const row = common[i]
      if (row) row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  const lines: DiffLine[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i], b[j]]
    if (left !== undefined && left === right) {
      lines.push({ kind: 'same', text: left })
      i += 1
      j += 1
    } else if (left !== undefined && (right === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push(gone(left))
      i += 1
    } else if (right !== undefined) {
      lines.push(came(right))
      j += 1
    }
  }
  return lines
}
