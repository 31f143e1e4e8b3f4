// What a judge says: tables for people, and expectations that decide whether it is content.

/** Columns a text takes on a terminal: Chinese characters take two. */
const width = text =>
  [...text].reduce(
    (sum, character) => sum + (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/.test(character) ? 2 : 1),
    0,
  )

export class Report {
  failures = []
  expectations = 0

  /** Holds that something is so. */
  expect(holds, sentence) {
    this.expectations += 1
    if (!holds) this.failures.push(sentence)
    return Boolean(holds)
  }

  /** Holds that two values are the same when written as JSON. */
  same(found, wanted, sentence) {
    const [left, right] = [JSON.stringify(found), JSON.stringify(wanted)]
    return this.expect(left === right, `${sentence}: ${left} instead of ${right}`)
  }

  table(columns, rows) {
    const lines = [columns, ...rows].map(row => row.map(cell => String(cell)))
    const widths = columns.map((_, at) => Math.max(...lines.map(line => width(line[at]))))
    const write = line => `| ${line.map((cell, at) => cell + ' '.repeat(widths[at] - width(cell))).join(' | ')} |`
    const [head, ...body] = lines
    console.log([write(head), `| ${widths.map(count => '-'.repeat(count)).join(' | ')} |`, ...body.map(write)].join('\n'))
  }

  note(text) {
    console.log(text)
  }
}

/** The middle of some numbers. */
export const median = numbers => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]
